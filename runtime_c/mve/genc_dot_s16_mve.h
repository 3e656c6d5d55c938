/**
 * @file genc_dot_s16_mve.h
 * @brief Four sums of products of int16 and int8.
 */
#ifndef GENC_DOT_S16_MVE_H
#define GENC_DOT_S16_MVE_H

#include "genc_mve.h"

/**
 * Sums of products of one line with four lines of weights; gen-c proves that no sum leaves int32.
 * @param w      [count / 8, rounded up][4][8], int8
 * @param x      `count` int16; nothing behind them is read
 * @param count  > 0
 * @param bias   what the sums start from
 * @param sums   the four results
 */
static inline void genc_dot_four_s16(const int8_t *w, const int16_t *x, int32_t count, const int32_t *bias,
                                     int32_t *sums)
{
#if GENC_MVE
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    __asm__ volatile("dlstp.16 lr, %[n]\n"
                     "1:\n"
                     "vldrh.16 q0, [%[x]], #16\n"
                     "vldrb.s16 q1, [%[w]], #8\n"
                     "vmladava.s16 %[a], q1, q0\n"
                     "vldrb.s16 q2, [%[w]], #8\n"
                     "vmladava.s16 %[b], q2, q0\n"
                     "vldrb.s16 q1, [%[w]], #8\n"
                     "vmladava.s16 %[c], q1, q0\n"
                     "vldrb.s16 q2, [%[w]], #8\n"
                     "vmladava.s16 %[d], q2, q0\n"
                     "letp lr, 1b\n"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x), [w] "+l"(w)
                     : [n] "r"(count)
                     : "lr", "memory", "q0", "q1", "q2");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
#else
    int32_t i, k;
    for (i = 0; i < GENC_FOUR; i++) {
        sums[i] = bias[i];
        for (k = 0; k < count; k++) sums[i] += x[k] * w[(k / 8 * GENC_FOUR + i) * 8 + k % 8];
    }
#endif
}

#endif /* GENC_DOT_S16_MVE_H */
