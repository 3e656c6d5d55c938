/**
 * @file genc_linear_s16.h
 * @brief From accumulator to int16, for layers of int16 activations and int8 weights.
 *
 * Products have 22 bits.  They are summed in 32 bits for as long as no sum can overflow (GENC_S16_STRETCH products),
 * then in 64.  A channel's constants are four int32 (GENC_S16_*).
 *
 * Semantics: with an int64 bias MultiplyByQuantizedMultiplier(int64_t) of TFLite (kernels/internal/common.cc), whose
 * multiplier has 16 bits and which rounds once; with an int32 bias that of int32_t, which rounds twice:
 * codegen.reference.linear.
 */
#ifndef GENC_LINEAR_S16_H
#define GENC_LINEAR_S16_H

#include "genc_requantize.h"

#define GENC_S16_STRETCH 504 /* 504 * 2^15 * 2^7 < 2^31 */

#define GENC_S16_BIAS_LOW 0   /* low half of the bias */
#define GENC_S16_BIAS_HIGH 1  /* high half */
#define GENC_S16_MULTIPLIER 2 /* 2^14 ... 2^15 - 1, or of 32 bits where the shift is not positive */
#define GENC_S16_SHIFT 3      /* to the right, 1 ... 46; or shift to the left, -31 ... 31, less 64: sums of 32 bits */
#define GENC_S16_SIZE 4

/**
 * Sums of four channels: sums[o] of x[k] * w[4 * k + o] over k < count.
 * @param w  [count][4]
 */
void genc_linear_s16_sums(const int8_t *w, const int16_t *x, int32_t count, int64_t *sums);

/**
 * Output of one channel of one pixel.
 * @param sum  accumulator, without the bias, inside +-2^46
 */
static inline int16_t genc_linear_s16_output(int64_t sum, const int32_t *channel, int32_t low, int32_t high)
{
    const uint64_t bias = (uint64_t)(uint32_t)channel[GENC_S16_BIAS_HIGH] << 32 | (uint32_t)channel[GENC_S16_BIAS_LOW];
    const int32_t multiplier = channel[GENC_S16_MULTIPLIER], shift = channel[GENC_S16_SHIFT];
    int64_t y = (int64_t)((uint64_t)sum + bias);
    if (shift > 0) y = ((y * multiplier >> (shift - 1)) + 1) >> 1; /* half added behind the first shift: as exact */
    else y = genc_scale((int32_t)(uint32_t)(uint64_t)y, multiplier, shift + 64);
    return (int16_t)genc_clamp((int32_t)(uint32_t)(uint64_t)y, low, high); /* TFLite's result has 32 bits, too */
}

#endif /* GENC_LINEAR_S16_H */
