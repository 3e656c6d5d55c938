#include "genc_conv_s8_mve.h"

#include "genc_mve.h"
#include "genc_patches.h"

/** A run of pixels of one group: what the assembly below keeps in memory, for want of registers; it knows the places. */
typedef struct {
    int32_t x_gap;           /* bytes from the end of one patch, in whole vectors, to the next */
    int32_t y_step;          /* bytes from one output pixel to the next */
    int32_t sums[GENC_FOUR]; /* of the pixel at hand */
    const int8_t *x;         /* patch of the first pixel */
    int32_t count;           /* pixels, > 0 */
    int8_t *y;               /* first pixel, channel at hand */
    int32_t channels;        /* left to compute */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
} genc_conv_run;

#if GENC_MVE

/* 21 instructions for four channels of a pixel, and 10 for 16 inputs.  TIES: of the multiplication, away from zero. */
#define GENC_CONV_RUN(TIES)                                                                                            \
    __asm__ volatile("ldrd %[s0], %[s1], [%[b], #40]\n"                                                                \
                     "vdup.32 q3, %[s1]\n" /* high */                                                                  \
                     "vdup.32 q4, %[s0]\n" /* low */                                                                   \
                     "1:\n" /* block of four channels */                                                               \
                     "ldrd %[x], %[count], [%[b], #24]\n"                                                              \
                     "ldrd %[y], %[s0], [%[b], #32]\n"                                                                 \
                     "vctp.32 %[s0]\n"                                                                                 \
                     "vldrw.32 q5, [%[c], #16]\n" /* multiplier */                                                     \
                     "vldrw.32 q6, [%[c], #32]\n" /* add */                                                            \
                     "vldrw.32 q7, [%[c], #48]\n" /* shift */                                                          \
                     "2:\n" /* pixel */                                                                                \
                     "ldrd %[s0], %[s1], [%[c], #0]\n"                                                                 \
                     "ldrd %[s2], %[s3], [%[c], #8]\n"                                                                 \
                     "mov %[v], %[w]\n"                                                                                \
                     "dlstp.8 lr, %[patch]\n"                                                                          \
                     "3:\n"                                                                                            \
                     "vldrb.8 q0, [%[x]], #16\n"                                                                       \
                     "vldrb.8 q1, [%[v]], #16\n"                                                                       \
                     "vmladava.s8 %[s0], q1, q0\n"                                                                     \
                     "vldrb.8 q2, [%[v]], #16\n"                                                                       \
                     "vmladava.s8 %[s1], q2, q0\n"                                                                     \
                     "vldrb.8 q1, [%[v]], #16\n"                                                                       \
                     "vmladava.s8 %[s2], q1, q0\n"                                                                     \
                     "vldrb.8 q2, [%[v]], #16\n"                                                                       \
                     "vmladava.s8 %[s3], q2, q0\n"                                                                     \
                     "letp lr, 3b\n"                                                                                   \
                     "strd %[s0], %[s1], [%[b], #8]\n" /* VMOV of two lanes: QEMU 7.2 swaps them */                    \
                     "strd %[s2], %[s3], [%[b], #16]\n"                                                                \
                     "vldrw.32 q0, [%[b], #8]\n"                                                                       \
                     "ldrd %[s0], %[s1], [%[b], #0]\n"                                                                 \
                     "vqrdmulh.s32 q0, q0, q5\n" TIES "vadd.i32 q0, q0, q6\n"                                          \
                     "add %[x], %[s0]\n"                                                                               \
                     "vshl.s32 q0, q0, q7\n"                                                                           \
                     "vmax.s32 q0, q0, q4\n"                                                                           \
                     "vmin.s32 q0, q0, q3\n"                                                                           \
                     "vpst\n"                                                                                          \
                     "vstrbt.32 q0, [%[y]]\n"                                                                          \
                     "add %[y], %[s1]\n"                                                                               \
                     "subs %[count], #1\n"                                                                             \
                     "bne 2b\n"                                                                                        \
                     "mov %[w], %[v]\n"                                                                                \
                     "ldrd %[y], %[s0], [%[b], #32]\n"                                                                 \
                     "add %[c], #64\n"                                                                                 \
                     "adds %[y], #4\n"                                                                                 \
                     "subs %[s0], #4\n"                                                                                \
                     "strd %[y], %[s0], [%[b], #32]\n"                                                                 \
                     "bgt 1b\n"                                                                                        \
                     : [s0] "=&Te"(s0), [s1] "=&Te"(s1), [s2] "=&Te"(s2), [s3] "=&Te"(s3), [x] "=&r"(x),               \
                       [y] "=&l"(y), [count] "=&r"(count), [v] "=&r"(v), [w] "+&r"(w), [c] "+&r"(c)                    \
                     : [b] "r"(b), [patch] "r"(patch)                                                                  \
                     : "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7")

static GENC_NOINLINE const int8_t *genc_conv_run_ties(genc_conv_run *b, const int8_t *w, const genc_four *c,
                                                      int32_t patch)
{
    int32_t s0, s1, s2, s3, x, y, count, v;
    GENC_CONV_RUN("vshr.s32 q1, q0, #31\nvadd.i32 q0, q0, q1\n");
    return w;
}

static GENC_NOINLINE const int8_t *genc_conv_run_clamped(genc_conv_run *b, const int8_t *w, const genc_four *c,
                                                         int32_t patch)
{
    int32_t s0, s1, s2, s3, x, y, count, v;
    GENC_CONV_RUN("");
    return w;
}

#endif

/**
 * All channels of a run of pixels of one group: block by block, so that a block's constants serve every pixel.
 * @param w        [blocks][patch / 16, rounded up][4][16]
 * @param four     constants of the blocks
 * @param clamped  as in the parameters
 * @return         the next group's weights
 */
static const int8_t *genc_conv_channels(genc_conv_run *b, const int8_t *w, const genc_four *four, int32_t patch,
                                        int32_t clamped)
{
#if GENC_MVE
    return clamped ? genc_conv_run_clamped(b, w, four, patch) : genc_conv_run_ties(b, w, four, patch);
#else
    int32_t pixel, i;
    for (; b->channels > 0; b->channels -= GENC_FOUR, b->y += GENC_FOUR, four++) {
        const int8_t *x = b->x;
        for (pixel = 0; pixel < b->count; pixel++, x += genc_whole_vectors(patch) + b->x_gap) {
            genc_dot_four(w, x, patch, four->bias, b->sums);
            for (i = 0; i < GENC_FOUR && i < b->channels; i++) {
                int32_t v = genc_high_multiply(b->sums[i], four->multiplier[i]);
                v = ((clamped ? v : v + (v >> 31)) + four->add[i]) >> -four->shift[i];
                b->y[pixel * b->y_step + i] = (int8_t)genc_clamp(v, b->low, b->high);
            }
        }
        w += GENC_FOUR * genc_whole_vectors(patch);
    }
    return w;
#endif
}

/** All groups of a run of pixels whose patches lie `x_step` bytes apart. */
static void genc_conv_pixels(const genc_conv_s8_mve_params *p, const int8_t *x, int32_t x_step, int8_t *y,
                             int32_t count)
{
    const int32_t depth = p->out_c / p->groups, blocks = (depth + GENC_FOUR - 1) / GENC_FOUR;
    const genc_four *four = (const genc_four *)(const void *)p->channels;
    const int8_t *w = p->weights;
    genc_conv_run b;
    int32_t g;
    b.x_gap = x_step - genc_whole_vectors(p->patch);
    b.y_step = p->out_c;
    b.count = count;
    b.low = p->low;
    b.high = p->high;
    for (g = 0; g < p->groups; g++, four += blocks) {
        b.x = x + g * p->patch;
        b.y = y + g * depth;
        b.channels = depth;
        w = genc_conv_channels(&b, w, four, p->patch, p->clamped);
    }
}

/** True when rows of input and output lie one after the other, and apart: then they are one long row. */
static int32_t genc_conv_one_row(const genc_conv_s8_mve_params *p, const int8_t *in, const int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    const int8_t *const x = in + row_begin * p->in_w * p->in_c, *const x_end = in + row_end * p->in_w * p->in_c;
    const int8_t *const y = out + row_begin * p->out_w * p->out_c, *const y_end = out + row_end * p->out_w * p->out_c;
    return p->stride_h == 1 && p->stride_w == 1 && row_end <= p->in_rows_held && row_end <= p->out_rows_held &&
           ((uintptr_t)x_end <= (uintptr_t)y || (uintptr_t)y_end <= (uintptr_t)x);
}

void genc_conv_s8_mve(const genc_conv_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    const int32_t long_row = p->tile == 0 && genc_conv_one_row(p, in, out, row_begin, row_end);
    const int32_t rows = long_row ? row_end - row_begin : 1, patches = p->groups * p->patch;
    int8_t *const gathered = (int8_t *)scratch;
    int32_t row, x;
    for (row = row_begin; row < row_end; row += rows) {
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        if (p->tile == 0) {
            const int32_t image = row / p->out_h, line = image * p->in_h + (row - image * p->out_h) * p->stride_h;
            genc_conv_pixels(p, genc_row(in, line, p->in_rows_held, p->in_w * p->in_c), p->stride_w * p->in_c, y,
                             rows * p->out_w);
            continue;
        }
        for (x = 0; x < p->out_w; x += p->tile) {
            const int32_t count = p->out_w - x < p->tile ? p->out_w - x : p->tile;
            genc_gather_patches(p, in, row, x, count, gathered);
            genc_conv_pixels(p, gathered, patches, y + x * p->out_c, count);
        }
    }
}
