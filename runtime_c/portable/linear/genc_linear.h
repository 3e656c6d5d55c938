/**
 * @file genc_linear.h
 * @brief From accumulator to output byte, for convolutions.
 *
 * A channel's constants are four int32 (GENC_CHANNEL_*).  gen-c proves per channel, from the weights
 * and every possible input, that the accumulator stays inside +-2^30 and that the short form below
 * cannot overflow; a channel without proof has shift 0 and takes the long way.
 *
 * Semantics: MultiplyByQuantizedMultiplier with two roundings (TFLite kernels/internal/common.cc),
 * plus zero point, clamped: codegen.reference.linear.
 */
#ifndef GENC_LINEAR_H
#define GENC_LINEAR_H

#include "genc_requantize.h"

#define GENC_CHANNEL_BIAS 0       /* bias minus input zero point times the sum of the weights, modulo 2^32 */
#define GENC_CHANNEL_MULTIPLIER 1 /* 2^30 ... 2^31 - 1, or 0 */
#define GENC_CHANNEL_ADD 2        /* 2^(shift - 1) + zero_point * 2^shift; long way: left shift * 256 + zero point */
#define GENC_CHANNEL_SHIFT 3      /* to the right, 1 ... 30; 0: the long way */
#define GENC_CHANNEL_SIZE 4

/** sum += x * w.  Sums start at 0 and are int32_t: gen-c proves that they stay inside. */
#define GENC_MAC(sum, x, w) (sum) += (x) * (w)

/** The long way: any accumulator, multiplier and shift; the result is not clamped. */
int32_t genc_linear_any(int32_t sum, const int32_t *channel);

/**
 * Output byte of one channel of one pixel.
 * @param sum  accumulator, without the bias
 */
static inline int8_t genc_linear_output(int32_t sum, const int32_t *channel, int32_t low, int32_t high)
{
    const int32_t shift = channel[GENC_CHANNEL_SHIFT];
    int32_t y = (int32_t)((uint32_t)sum + (uint32_t)channel[GENC_CHANNEL_BIAS]);
    if (shift != 0) {
        y = genc_high_multiply(y, channel[GENC_CHANNEL_MULTIPLIER]);
        y = (y + (y >> 31) + channel[GENC_CHANNEL_ADD]) >> shift; /* y >> 31: ties away from zero */
    } else {
        y = genc_linear_any(y, channel);
    }
    return (int8_t)genc_clamp(y, low, high);
}

/**
 * Output bytes of one channel of two pixels.
 * @param sum0  accumulator of the first pixel, without the bias
 * @param sum1  accumulator of the second pixel
 */
static inline void genc_linear_pair(int32_t sum0, int32_t sum1, const int32_t *channel, int32_t low, int32_t high,
                                    int8_t *y0, int8_t *y1)
{
    const uint32_t bias = (uint32_t)channel[GENC_CHANNEL_BIAS];
    const int32_t shift = channel[GENC_CHANNEL_SHIFT];
    int32_t a = (int32_t)((uint32_t)sum0 + bias), b = (int32_t)((uint32_t)sum1 + bias);
    if (shift != 0) {
        const int32_t multiplier = channel[GENC_CHANNEL_MULTIPLIER], add = channel[GENC_CHANNEL_ADD];
        a = genc_high_multiply(a, multiplier);
        b = genc_high_multiply(b, multiplier);
        a = (a + (a >> 31) + add) >> shift;
        b = (b + (b >> 31) + add) >> shift;
    } else {
        a = genc_linear_any(a, channel);
        b = genc_linear_any(b, channel);
    }
    *y0 = (int8_t)genc_clamp(a, low, high);
    *y1 = (int8_t)genc_clamp(b, low, high);
}

#endif /* GENC_LINEAR_H */
