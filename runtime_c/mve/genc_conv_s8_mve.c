#include "genc_conv_s8_mve.h"

#include "genc_mve.h"

#define GENC_TILE 4 /* patches gathered together */

/** A block of four channels over several pixels: what the loop below keeps in memory, for want of registers. */
typedef struct {
    const int8_t *w[GENC_FOUR]; /* lines of weights */
    int32_t patch;              /* bytes of a line */
    int32_t x_step;             /* bytes from the end of one patch, in whole vectors, to the next */
    int32_t y_step;             /* bytes from one output pixel to the next */
    int32_t low[GENC_FOUR];     /* smallest output, four times */
    int32_t high[GENC_FOUR];    /* largest output, four times */
    int32_t sums[GENC_FOUR];    /* of the pixel at hand */
} genc_conv_four;

/** Bytes that a loop of sixteen at a time goes on for `bytes`. */
static int32_t genc_whole(int32_t bytes)
{
    return (bytes + 15) & ~15;
}

/**
 * Up to four channels of `count` pixels.
 * @param b      the block
 * @param four   its constants
 * @param x      patch of the first pixel
 * @param y      first channel of the first output pixel
 * @param count  pixels, > 0
 * @param n      channels, 1 ... 4
 */
static GENC_NOINLINE void genc_conv_four_channels(genc_conv_four *b, const genc_four *four, const int8_t *x,
                                                  int8_t *y, int32_t count, int32_t n)
{
#if GENC_MVE
    /* 29 instructions a pixel and 10 for 16 inputs; around its own inner loop GCC 12 needs twice as many. */
    int32_t s0, s1, s2, s3;
    const int8_t *w0, *w1, *w2, *w3;
    __asm__ volatile("vctp.32 %[n]\n"
                     "vldrw.32 q4, [%[four], #0]\n"  /* bias */
                     "vldrw.32 q5, [%[four], #16]\n" /* multiplier */
                     "vldrw.32 q6, [%[four], #32]\n" /* add */
                     "vldrw.32 q7, [%[four], #48]\n" /* shift */
                     "1:\n"
                     "ldrd %[w0], %[w1], [%[b], #0]\n"
                     "ldrd %[w2], %[w3], [%[b], #8]\n"
                     "ldr lr, [%[b], #16]\n"
                     "movs %[s0], #0\n"
                     "mov %[s1], %[s0]\n"
                     "mov %[s2], %[s0]\n"
                     "mov %[s3], %[s0]\n"
                     "wlstp.8 lr, lr, 3f\n"
                     "2:\n"
                     "vldrb.8 q0, [%[x]], #16\n"
                     "vldrb.8 q1, [%[w0]], #16\n"
                     "vmladava.s8 %[s0], q1, q0\n"
                     "vldrb.8 q2, [%[w1]], #16\n"
                     "vmladava.s8 %[s1], q2, q0\n"
                     "vldrb.8 q1, [%[w2]], #16\n"
                     "vmladava.s8 %[s2], q1, q0\n"
                     "vldrb.8 q2, [%[w3]], #16\n"
                     "vmladava.s8 %[s3], q2, q0\n"
                     "letp lr, 2b\n"
                     "3:\n"
                     "strd %[s0], %[s1], [%[b], #60]\n" /* VMOV of two lanes: QEMU 7.2 swaps them */
                     "strd %[s2], %[s3], [%[b], #68]\n"
                     "vldrw.32 q3, [%[b], #60]\n"
                     "ldrd %[w0], %[w1], [%[b], #20]\n"
                     "vadd.i32 q3, q3, q4\n"
                     "vqrdmulh.s32 q3, q3, q5\n"
                     "vshr.s32 q0, q3, #31\n" /* ties away from zero */
                     "vldrw.32 q1, [%[b], #28]\n"
                     "vadd.i32 q3, q3, q0\n"
                     "vldrw.32 q2, [%[b], #44]\n"
                     "vadd.i32 q3, q3, q6\n"
                     "add %[x], %[w0]\n"
                     "vshl.s32 q3, q3, q7\n"
                     "subs %[count], #1\n"
                     "vmax.s32 q3, q3, q1\n"
                     "vmin.s32 q3, q3, q2\n"
                     "vpst\n"
                     "vstrbt.32 q3, [%[y]]\n"
                     "add %[y], %[w1]\n"
                     "bne 1b\n"
                     : [s0] "=&Te"(s0), [s1] "=&Te"(s1), [s2] "=&Te"(s2), [s3] "=&Te"(s3), [w0] "=&r"(w0),
                       [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), [x] "+&r"(x), [y] "+&l"(y), [count] "+&r"(count)
                     : [b] "r"(b), [four] "0"(four), [n] "1"(n)
                     : "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7");
#else
    int32_t i;
    for (i = 0; i < count; i++, x += b->x_step + genc_whole(b->patch), y += b->y_step) {
        genc_dot_four(b->w[0], x, b->patch, b->sums);
        genc_finish_four(b->sums, four, b->low[0], b->high[0], y, n);
    }
#endif
}

/** All channels of `count` pixels: block by block, so that a block's constants serve every pixel. */
static void genc_conv_pixels(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / p->groups, patch = p->patch;
    const int8_t *w = (const int8_t *)p->weights;
    const genc_four *four = (const genc_four *)(const void *)p->channels;
    genc_conv_four b;
    int32_t g, o, i;
    b.patch = patch;
    b.x_step = x_step - genc_whole(patch);
    b.y_step = p->out_c;
    for (i = 0; i < GENC_FOUR; i++) {
        b.low[i] = p->low;
        b.high[i] = p->high;
    }
    for (g = 0; g < p->groups; g++, x += patch, y += depth) {
        for (o = 0; o < depth; o += GENC_FOUR, four++) {
            const int32_t n = depth - o < GENC_FOUR ? depth - o : GENC_FOUR;
            for (i = 0; i < GENC_FOUR; i++, w += patch) b.w[i] = w;
            genc_conv_four_channels(&b, four, x, y + o, count, n);
        }
    }
}

void genc_conv_s8_mve(const genc_conv_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, p->direct ? p->out_w : GENC_TILE,
                   genc_conv_pixels);
}
