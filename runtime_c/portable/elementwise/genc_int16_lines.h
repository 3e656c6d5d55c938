/**
 * @file genc_int16_lines.h
 * @brief Line functions on int16 with zero point 0.
 *
 * Semantics: TFLite's reference kernels (elementwise.cc, common.h, reference/add.h, integer_ops/mul.h, leaky_relu.h,
 * integer_ops/logistic.h, integer_ops/tanh.h).
 */
#ifndef GENC_INT16_LINES_H
#define GENC_INT16_LINES_H

#include "genc_line.h"
#include "genc_requantize.h"

#include <math.h>

/**
 * a + sign * b, each brought to one scale.
 * @param numbers  left shift, multiplier and shift of a, of b, sign of b, multiplier and shift of y, low, high
 */
static inline int32_t genc_sum_of_int16(int32_t a, int32_t b, const int32_t *numbers)
{
    const int32_t left = (int32_t)1 << numbers[0];
    const int32_t sum = genc_scale(a * left, numbers[1], numbers[2]) +
                        genc_scale(b * left, numbers[3], numbers[4]) * numbers[5];
    return genc_clamp(genc_scale(sum, numbers[6], numbers[7]), numbers[8], numbers[9]);
}

/**
 * One factor for x >= 0, another below; both give what is clamped.
 * @param numbers  multiplier and shift at and above 0; below, and the sign of those; low, high
 */
static inline int32_t genc_bent_int16(int32_t x, const int32_t *numbers)
{
    const int32_t y = x >= 0 ? genc_scale(x, numbers[0], numbers[1]) : genc_scale(x, numbers[2], numbers[3]) * numbers[4];
    return genc_clamp(y, numbers[5], numbers[6]);
}

/**
 * The sigmoid of |argument|, interpolated, times 2^(16 + bits).
 * @param table  256 values of sigmoid(i / 24) in Q16
 * @param bits   of the argument between two entries
 */
static inline int32_t genc_sigmoid_at(uint32_t magnitude, const int32_t *table, int32_t bits, int32_t largest)
{
    const uint32_t i = magnitude >> bits;
    if (i >= 255) return largest;
    return table[i] * ((int32_t)1 << bits) + (int32_t)(magnitude & (((uint32_t)1 << bits) - 1u)) * (table[i + 1] - table[i]);
}

/** x in units of 1 / (3 * 4096); numbers: multiplier, shift to the right. */
static inline int32_t genc_sigmoid_argument(int32_t x, const int32_t *numbers)
{
    return (x * numbers[0] + (((int32_t)1 << numbers[1]) >> 1)) >> numbers[1];
}

/** 1 / (1 + exp(-x)) in Q15; numbers: multiplier, shift to the right; table: 256 entries of the sigmoid. */
static inline int32_t genc_logistic_by(int32_t x, const int32_t *numbers, const int32_t *table)
{
    const int32_t argument = genc_sigmoid_argument(x, numbers);
    const uint32_t magnitude = (uint32_t)(argument < 0 ? -argument : argument);
    const int32_t value = genc_sigmoid_at(magnitude, table, 9, 0x7FFF << 10);
    return (argument >= 0 ? value + (1 << 9) : (1 << 25) - value + (1 << 9) - 1) >> 10;
}

/** tanh(x) in Q15; numbers and table as for the logistic function. */
static inline int32_t genc_tanh_by(int32_t x, const int32_t *numbers, const int32_t *table)
{
    const int32_t argument = genc_sigmoid_argument(x, numbers);
    const uint32_t magnitude = (uint32_t)(argument < 0 ? -argument : argument);
    const int32_t value = genc_sigmoid_at(magnitude, table, 8, 0xFFFF << 8);
    return (argument >= 0 ? value - (1 << 23) + (1 << 7) : (1 << 23) - value + (1 << 7) - 1) >> 8;
}

/** A function sampled at 513 places of the whole range of x, interpolated; slopes and results wrap to int16. */
static inline int32_t genc_sampled_int16(int32_t x, const int32_t *table)
{
    const int32_t *entry = table + 256 + (x >> 7);
    const int16_t slope = (int16_t)(entry[1] - entry[0]);
    return (int16_t)(entry[0] + ((slope * (x & 0x7F) + 64) >> 7));
}

/** sqrt(x), cut off to steps of y; numbers: scale of x, scale of y, float32 bit patterns. */
static inline int32_t genc_sqrt_of_int16(int32_t x, const int32_t *numbers)
{
    float x_scale, y_scale, steps;
    memcpy(&x_scale, numbers, sizeof x_scale);
    memcpy(&y_scale, numbers + 1, sizeof y_scale);
    if (x <= 0) return 0;
    steps = sqrtf(x_scale * (float)x) / y_scale;
    return steps < 32767.0f ? (int32_t)steps : INT16_MAX;
}

GENC_LINE_1(genc_sampled_s16, int16_t, int16_t, genc_sampled_int16(x, line->numbers))
GENC_LINE_1(genc_sqrt_s16, int16_t, int16_t, genc_sqrt_of_int16(x, line->numbers))
GENC_LINE_2(genc_sum_s16, int16_t, int16_t, genc_sum_of_int16(a, b, line->numbers))
/* numbers: multiplier, shift, low, high */
GENC_LINE_2(genc_mul_s16, int16_t, int16_t,
            genc_clamp(genc_scale((int32_t)a * b, line->numbers[0], line->numbers[1]), line->numbers[2], line->numbers[3]))
GENC_LINE_2(genc_maximum_s16, int16_t, int16_t, a > b ? a : b)
GENC_LINE_2(genc_minimum_s16, int16_t, int16_t, a < b ? a : b)
/* numbers: multiplier, shift, low, high */
GENC_LINE_1(genc_abs_s16, int16_t, int16_t,
            genc_clamp(genc_scale(x < 0 ? -(int32_t)x : x, line->numbers[0], line->numbers[1]), line->numbers[2],
                       line->numbers[3]))
GENC_LINE_1(genc_bent_s16, int16_t, int16_t, genc_bent_int16(x, line->numbers))
/* numbers: multiplier, shift to the right, 256 entries of the sigmoid */
GENC_LINE_1(genc_logistic_s16, int16_t, int16_t, genc_logistic_by(x, line->numbers, line->numbers + 2))
GENC_LINE_1(genc_tanh_s16, int16_t, int16_t, genc_tanh_by(x, line->numbers, line->numbers + 2))

#endif /* GENC_INT16_LINES_H */
