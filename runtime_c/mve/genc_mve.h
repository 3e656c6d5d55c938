/**
 * @file genc_mve.h
 * @brief What the int8 kernels for Helium (Cortex-M52, M55, M85) share: four sums of products, four output bytes.
 *
 * Each function has a twin in plain C that defines it and runs everywhere; tests hold one against the other.
 * The accumulators of VMLADAVA live in even registers, so seven are the most a loop can have: four channels of
 * one pixel it is, ten instructions for 64 multiplies.
 */
#ifndef GENC_MVE_H
#define GENC_MVE_H

#include "genc_requantize.h"

#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__) && defined(__OPTIMIZE__) /* without -O there are not registers enough */
#define GENC_MVE 1
#include <arm_mve.h>
#else
#define GENC_MVE 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define GENC_FOUR 4 /* channels of a block */

/**
 * Constants of a block of four channels: how accumulators become bytes.
 * gen-c proves per channel that accumulators stay inside +-2^30 and that the sums below do not overflow.
 */
typedef struct {
    int32_t bias[GENC_FOUR];       /* input offset folded in, modulo 2^32 */
    int32_t multiplier[GENC_FOUR]; /* 2^30 ... 2^31 - 1, or 0 */
    int32_t add[GENC_FOUR];        /* 2^(-shift - 1) + zero_point * 2^-shift */
    int32_t shift[GENC_FOUR];      /* -1 ... -30: to the right */
} genc_four;

/**
 * Sums of products of one line with four lines of weights.
 * @param w      four lines of `count` bytes, one after the other, int8
 * @param x      `count` bytes, int8; nothing behind them is read
 * @param count  > 0
 * @param sums   the four results
 */
static inline void genc_dot_four(const int8_t *w, const int8_t *x, int32_t count, int32_t *sums)
{
#if GENC_MVE
    const int8_t *w0 = w, *w1 = w + count, *w2 = w1 + count, *w3 = w2 + count;
    int32_t a = 0, b = 0, c = 0, d = 0;
    __asm__("wlstp.8 lr, %[n], 2f\n"
            "1:\n"
            "vldrb.8 q0, [%[x]], #16\n"
            "vldrb.8 q1, [%[w0]], #16\n"
            "vmladava.s8 %[a], q1, q0\n"
            "vldrb.8 q2, [%[w1]], #16\n"
            "vmladava.s8 %[b], q2, q0\n"
            "vldrb.8 q1, [%[w2]], #16\n"
            "vmladava.s8 %[c], q1, q0\n"
            "vldrb.8 q2, [%[w3]], #16\n"
            "vmladava.s8 %[d], q2, q0\n"
            "letp lr, 1b\n"
            "2:\n"
            : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x), [w0] "+r"(w0),
              [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3)
            : [n] "r"(count), "m"(*(const int8_t(*)[])x), "m"(*(const int8_t(*)[])w)
            : "lr", "q0", "q1", "q2");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
#else
    int32_t i, k;
    for (i = 0; i < GENC_FOUR; i++) {
        sums[i] = 0;
        for (k = 0; k < count; k++) sums[i] += w[i * count + k] * x[k];
    }
#endif
}

/**
 * Output bytes of up to four channels.
 * @param sums       accumulators without bias
 * @param four       constants; act as TFLite's MultiplyByQuantizedMultiplier with two roundings
 * @param low, high  limits of the output
 * @param y          `count` bytes are written
 * @param count      1 ... 4
 */
static inline void genc_finish_four(const int32_t *sums, const genc_four *four, int32_t low, int32_t high, int8_t *y,
                                    int32_t count)
{
#if GENC_MVE
    int32x4_t v = vqrdmulhq_s32(vaddq_s32(vldrwq_s32(sums), vldrwq_s32(four->bias)), vldrwq_s32(four->multiplier));
    v = vaddq_s32(v, vshrq_n_s32(v, 31)); /* ties away from zero */
    v = vshlq_s32(vaddq_s32(v, vldrwq_s32(four->add)), vldrwq_s32(four->shift));
    v = vminq_s32(vmaxq_s32(v, vdupq_n_s32(low)), vdupq_n_s32(high));
    vstrbq_p_s32(y, v, vctp32q((uint32_t)count));
#else
    int32_t i;
    for (i = 0; i < count; i++) {
        int32_t v = genc_high_multiply((int32_t)((uint32_t)sums[i] + (uint32_t)four->bias[i]), four->multiplier[i]);
        v = (v + (v >> 31) + four->add[i]) >> -four->shift[i];
        y[i] = (int8_t)genc_clamp(v, low, high);
    }
#endif
}

#ifdef __cplusplus
}
#endif
#endif /* GENC_MVE_H */
