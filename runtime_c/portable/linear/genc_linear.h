/**
 * @file genc_linear.h
 * @brief From accumulator to output byte, for convolutions.
 *
 * A channel's constants are four int32 (GENC_CHANNEL_*), in one of three forms that its shift tells apart:
 * - positive: the fast way, two products of 32 bits, rounded once; bias and zero point are in GENC_CHANNEL_ADD.  gen-c
 *   proves that it gives the same byte as the others for every sum that inputs can cause, and cannot overflow
 *   (codegen/backends/portable/staircase.py);
 * - negative: a high multiply; gen-c proves that the accumulator stays inside +-2^30 and that nothing overflows;
 * - zero: the long way.
 *
 * Semantics: MultiplyByQuantizedMultiplier with two roundings (TFLite kernels/internal/common.cc),
 * plus zero point, clamped: codegen.reference.linear.
 */
#ifndef GENC_LINEAR_H
#define GENC_LINEAR_H

#include "genc_requantize.h"

/* The fast way: (sum * factor + 2^11 * add) / 2^(11 + shift), rounded down. */
#define GENC_CHANNEL_HIGH 0 /* factor / 2^11, rounded */
#define GENC_CHANNEL_LOW 1  /* the rest of the factor, -2^10 ... 2^10 */
#define GENC_CHANNEL_SPLIT 11

/* The other ways. */
#define GENC_CHANNEL_BIAS 0       /* bias minus input zero point times the sum of the weights, modulo 2^32 */
#define GENC_CHANNEL_MULTIPLIER 1 /* 2^30 ... 2^31 - 1, or 0 */

#define GENC_CHANNEL_ADD 2   /* high multiply: 2^(right - 1) + zero_point * 2^right; long: left shift * 256 + zero point */
#define GENC_CHANNEL_SHIFT 3 /* fast: to the right, 1 ... 30; high multiply: minus that; long: 0 */
#define GENC_CHANNEL_SIZE 4

/** sum += x * w.  Sums start at 0 and are int32_t: gen-c proves that they stay inside. */
#define GENC_MAC(sum, x, w) (sum) += (x) * (w)

/** The ways that are not fast; the result is not clamped. */
int32_t genc_linear_other(int32_t sum, const int32_t *channel);

/**
 * Output byte of one channel of one pixel.
 * @param sum  accumulator, without the bias
 */
static inline int8_t genc_linear_output(int32_t sum, const int32_t *channel, int32_t low, int32_t high)
{
    const int32_t shift = channel[GENC_CHANNEL_SHIFT];
    int32_t y;
    if (shift > 0) {
        y = (sum * channel[GENC_CHANNEL_LOW]) >> GENC_CHANNEL_SPLIT;
        y = (y + sum * channel[GENC_CHANNEL_HIGH] + channel[GENC_CHANNEL_ADD]) >> shift;
    } else {
        y = genc_linear_other(sum, channel);
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
    const int32_t shift = channel[GENC_CHANNEL_SHIFT];
    int32_t a, b;
    if (shift > 0) {
        const int32_t by_high = channel[GENC_CHANNEL_HIGH], by_low = channel[GENC_CHANNEL_LOW];
        const int32_t add = channel[GENC_CHANNEL_ADD];
        a = (((sum0 * by_low) >> GENC_CHANNEL_SPLIT) + sum0 * by_high + add) >> shift;
        b = (((sum1 * by_low) >> GENC_CHANNEL_SPLIT) + sum1 * by_high + add) >> shift;
    } else {
        a = genc_linear_other(sum0, channel);
        b = genc_linear_other(sum1, channel);
    }
    *y0 = (int8_t)genc_clamp(a, low, high);
    *y1 = (int8_t)genc_clamp(b, low, high);
}

#endif /* GENC_LINEAR_H */
