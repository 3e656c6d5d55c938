/**
 * @file genc_quantized_lines.h
 * @brief Line functions on quantised integers whose operands differ in scale.
 *
 * Semantics: TFLite's reference kernels (reference/comparisons.h, reference/div.h, squared_difference.cc).
 */
#ifndef GENC_QUANTIZED_LINES_H
#define GENC_QUANTIZED_LINES_H

#include "genc_line.h"
#include "genc_requantize.h"

/**
 * An operand on the common scale of both.
 * @param numbers  zero point, left shift, multiplier, shift
 */
static inline int32_t genc_common_scale(int32_t value, const int32_t *numbers)
{
    return genc_scale((int32_t)((uint32_t)(value - numbers[0]) << numbers[1]), numbers[2], numbers[3]);
}

/**
 * (a - b)^2.
 * @param numbers  of a and of b (four each, genc_common_scale), then multiplier, shift, zero point, low, high of y
 */
static inline int32_t genc_squared_difference_of(int32_t a, int32_t b, const int32_t *numbers)
{
    const int32_t difference = genc_common_scale(a, numbers) - genc_common_scale(b, numbers + 4);
    const uint32_t square = (uint32_t)difference * (uint32_t)difference;
    const int32_t raw = genc_scale((int32_t)square, numbers[8], numbers[9]) + numbers[10];
    return genc_clamp(raw, numbers[11], numbers[12]);
}

/**
 * a / b; the smallest or largest output where b is zero.
 * @param numbers  zero point of a, of b, then multiplier, shift, zero point, low, high of y
 */
int32_t genc_quotient_quantized(int32_t a, int32_t b, const int32_t *numbers);

/**
 * x where that is not negative, else alpha * x.
 * @param numbers  zero point, multiplier and shift of x; zero point of alpha, multiplier and shift of the product; zero
 *                 point, low, high of y
 */
static inline int32_t genc_sloped_quantized(int32_t x, int32_t alpha, const int32_t *numbers)
{
    const int32_t value = x - numbers[0];
    const int32_t raw = value >= 0 ? genc_scale(value, numbers[1], numbers[2])
                                   : genc_scale(value * (alpha - numbers[3]), numbers[4], numbers[5]);
    return genc_clamp(raw + numbers[6], numbers[7], numbers[8]);
}

/** Defines PRELU of TYPE with slopes of int8. */
#define GENC_SLOPED_LINE(name, TYPE)                                                   \
    static inline void name(const genc_line *line)                                     \
    {                                                                                  \
        const TYPE *x = (const TYPE *)line->in[0];                                     \
        const int8_t *alpha = (const int8_t *)line->in[1];                             \
        TYPE *out = (TYPE *)line->out;                                                 \
        for (int32_t i = 0; i < line->count; i++) {                                    \
            out[i] = (TYPE)genc_sloped_quantized(*x, *alpha, line->numbers);           \
            x += line->step[0];                                                        \
            alpha += line->step[1];                                                    \
        }                                                                              \
    }

GENC_SLOPED_LINE(genc_sloped_s8, int8_t)
GENC_SLOPED_LINE(genc_sloped_s16, int16_t)

/** Functions of every quantised type; the numbers of comparisons are those of a and b (genc_common_scale). */
#define GENC_QUANTIZED_LINES(suffix, TYPE)                                                                     \
    GENC_LINE_2(genc_equal_##suffix, TYPE, uint8_t,                                                            \
                genc_common_scale(a, line->numbers) == genc_common_scale(b, line->numbers + 4))                \
    GENC_LINE_2(genc_not_equal_##suffix, TYPE, uint8_t,                                                        \
                genc_common_scale(a, line->numbers) != genc_common_scale(b, line->numbers + 4))                \
    GENC_LINE_2(genc_squared_difference_##suffix, TYPE, TYPE, genc_squared_difference_of(a, b, line->numbers))

/** Functions of bytes besides. */
#define GENC_BYTE_LINES(suffix, TYPE)                                                                          \
    GENC_LINE_2(genc_greater_##suffix, TYPE, uint8_t,                                                          \
                genc_common_scale(a, line->numbers) > genc_common_scale(b, line->numbers + 4))                 \
    GENC_LINE_2(genc_greater_equal_##suffix, TYPE, uint8_t,                                                    \
                genc_common_scale(a, line->numbers) >= genc_common_scale(b, line->numbers + 4))                \
    GENC_LINE_2(genc_div_##suffix, TYPE, TYPE, genc_quotient_quantized(a, b, line->numbers))

GENC_QUANTIZED_LINES(s8, int8_t)
GENC_QUANTIZED_LINES(u8, uint8_t)
GENC_QUANTIZED_LINES(s16, int16_t)
GENC_BYTE_LINES(s8, int8_t)
GENC_BYTE_LINES(u8, uint8_t)

#endif /* GENC_QUANTIZED_LINES_H */
