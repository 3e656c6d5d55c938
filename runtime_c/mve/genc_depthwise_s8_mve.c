#include "genc_depthwise_s8_mve.h"

#include "genc_mve.h"

/** As genc_depthwise_four, for `n` channels only, 1 ... 4: reads no byte more. */
static GENC_NOINLINE void genc_depthwise_some(const genc_depthwise_params *p, const int8_t *w, const int8_t *a,
                                              const int8_t *b, int32_t row_step, int32_t step, int32_t n,
                                              int32_t sums[2][GENC_FOUR])
{
    int32_t r, k, i;
    memset(sums, 0, 2 * GENC_FOUR * sizeof(int32_t));
    for (r = 0; r < p->kernel_h; r++, a += row_step, b += row_step) {
        for (k = 0; k < p->kernel_w; k++, a += step, b += step, w += GENC_FOUR) {
            for (i = 0; i < n; i++) {
                sums[0][i] += a[i] * w[i];
                sums[1][i] += b[i] * w[i];
            }
        }
    }
}

/**
 * A block of four channels of two windows; reads four bytes of every pixel and writes four.
 * @param p         parameters
 * @param w         [taps][4]
 * @param a         upper left pixel of the first window
 * @param b         of the second; `a` when there is none
 * @param row_step  bytes from the end of a kernel row to the next
 * @param step      bytes from one kernel column to the next
 * @param sums      accumulators of the first and of the second window
 */
static inline void genc_depthwise_four(const genc_depthwise_params *p, const int8_t *w, const int8_t *a,
                                       const int8_t *b, int32_t row_step, int32_t step, int32_t sums[2][GENC_FOUR])
{
#if GENC_MVE
    int32_t rows = p->kernel_h;
    __asm__ volatile("vmov.i32 q3, #0\n"
                     "vmov.i32 q4, #0\n"
                     "1:\n"
                     "dls lr, %[columns]\n"
                     "2:\n"
                     "vldrb.s32 q2, [%[w]], #4\n"
                     "vldrb.s32 q0, [%[a]]\n"
                     "add %[a], %[step]\n"
                     "vldrb.s32 q1, [%[b]]\n"
                     "add %[b], %[step]\n"
                     "vmul.i32 q0, q0, q2\n"
                     "vmul.i32 q1, q1, q2\n"
                     "vadd.i32 q3, q3, q0\n"
                     "vadd.i32 q4, q4, q1\n"
                     "le lr, 2b\n"
                     "add %[a], %[row_step]\n"
                     "add %[b], %[row_step]\n"
                     "subs %[rows], #1\n"
                     "bne 1b\n"
                     "vstrw.32 q3, [%[sums], #0]\n"
                     "vstrw.32 q4, [%[sums], #16]\n"
                     : [w] "+&l"(w), [a] "+&l"(a), [b] "+&l"(b), [rows] "+&r"(rows)
                     : [columns] "r"(p->kernel_w), [step] "r"(step), [row_step] "r"(row_step), [sums] "r"(sums)
                     : "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4");
#else
    genc_depthwise_some(p, w, a, b, row_step, step, GENC_FOUR, sums);
#endif
}

static void genc_depthwise_pixels(const genc_depthwise_params *p, const int8_t *x, int32_t row_step, int32_t x_step,
                                  int8_t *y, int32_t y_step)
{
    const int32_t channels = p->in_c, taps = p->kernel_h * p->kernel_w, step = channels * p->dilation_w;
    const int32_t rest = row_step - p->kernel_w * step;
    const int8_t *w = (const int8_t *)p->weights;
    const genc_four *four = (const genc_four *)(const void *)p->channels;
    int32_t c;
    for (c = 0; c < channels; c += GENC_FOUR, w += GENC_FOUR * taps, four++) {
        const int32_t n = channels - c < GENC_FOUR ? channels - c : GENC_FOUR;
        int32_t sums[2][GENC_FOUR];
        if (n == GENC_FOUR) genc_depthwise_four(p, w, x + c, x + c + x_step, rest, step, sums);
        else genc_depthwise_some(p, w, x + c, x + c + x_step, rest, step, n, sums);
        genc_finish_four(sums[1], four, p->low, p->high, y + c + y_step, n);
        genc_finish_four(sums[0], four, p->low, p->high, y + c, n);
    }
}

void genc_depthwise_s8_mve(const genc_depthwise_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    genc_depthwise_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, genc_depthwise_pixels);
}
