/**
 * @file genc_float_lines.h
 * @brief Line functions on float32.
 *
 * Semantics: TFLite's reference kernels (kernels/internal/reference, elementwise.cc); libm's functions in single precision.
 */
#ifndef GENC_FLOAT_LINES_H
#define GENC_FLOAT_LINES_H

#include "genc_line.h"

#include <math.h>

GENC_LINE_1(genc_abs_f32, float, float, fabsf(x))
GENC_LINE_1(genc_neg_f32, float, float, -x)
GENC_LINE_1(genc_sqrt_f32, float, float, sqrtf(x))
GENC_LINE_1(genc_rsqrt_f32, float, float, 1.0f / sqrtf(x))
GENC_LINE_1(genc_square_f32, float, float, x *x)
GENC_LINE_1(genc_sin_f32, float, float, sinf(x))
GENC_LINE_1(genc_cos_f32, float, float, cosf(x))
GENC_LINE_1(genc_exp_f32, float, float, expf(x))
GENC_LINE_1(genc_log_f32, float, float, logf(x))
GENC_LINE_1(genc_floor_f32, float, float, floorf(x))
GENC_LINE_1(genc_ceil_f32, float, float, ceilf(x))
GENC_LINE_1(genc_round_f32, float, float, rintf(x)) /* ties to even */
GENC_LINE_1(genc_elu_f32, float, float, x < 0.0f ? expm1f(x) : x)

/** Rounded down; the quotient in double, as TFLite takes it. */
static inline float genc_floor_quotient_f32(float a, float b)
{
    return (float)floor((double)a / (double)b);
}

/** What is left of a / b, with the sign of b. */
static inline float genc_floor_rest_f32(float a, float b)
{
    const float rest = fmodf(a, b);
    return (rest < 0.0f && b > 0.0f) || (rest > 0.0f && b < 0.0f) ? rest + b : rest;
}

/** Limits to numbers[0] / numbers[1], float32 bit patterns; no limits when NULL. */
static inline float genc_limited_f32(float value, const int32_t *numbers)
{
    float low, high;
    if (numbers == NULL) return value;
    memcpy(&low, numbers, sizeof low);
    memcpy(&high, numbers + 1, sizeof high);
    return value < low ? low : value > high ? high : value;
}

GENC_LINE_2(genc_div_f32, float, float, genc_limited_f32(a / b, line->numbers))
GENC_LINE_2(genc_floor_div_f32, float, float, genc_floor_quotient_f32(a, b))
GENC_LINE_2(genc_floor_mod_f32, float, float, genc_floor_rest_f32(a, b))
GENC_LINE_2(genc_squared_difference_f32, float, float, (a - b) * (a - b))

#endif /* GENC_FLOAT_LINES_H */
