/**
 * @file genc_activation_lines.h
 * @brief Line functions on float32: arithmetic with a fused activation, and the activations themselves.
 *
 * `numbers` are float32 bit patterns: the bounds of a clamp (none when NULL), or the slope of a leaky relu.
 * Semantics: TFLite's reference kernels (add.h, sub.h, mul.h, maximum_minimum.h, prelu.h, leaky_relu.h, logistic.h,
 * tanh.h, hard_swish.h); exp and tanh of genc_exp.h.
 */
#ifndef GENC_ACTIVATION_LINES_H
#define GENC_ACTIVATION_LINES_H

#include "genc_exp.h"
#include "genc_float_lines.h"

/** A number of the line, as a float. */
static inline float genc_number_f32(const genc_line *line, int32_t index)
{
    float value;
    memcpy(&value, line->numbers + index, sizeof value);
    return value;
}

GENC_LINE_2(genc_add_f32, float, float, genc_limited_f32(a + b, line->numbers))
GENC_LINE_2(genc_sub_f32, float, float, genc_limited_f32(a - b, line->numbers))
GENC_LINE_2(genc_mul_f32, float, float, genc_limited_f32(a * b, line->numbers))
GENC_LINE_2(genc_maximum_f32, float, float, a > b ? a : b)
GENC_LINE_2(genc_minimum_f32, float, float, a < b ? a : b)
GENC_LINE_2(genc_prelu_f32, float, float, a >= 0.0f ? a : a * b)

GENC_LINE_1(genc_clamped_f32, float, float, genc_limited_f32(x, line->numbers))
GENC_LINE_1(genc_leaky_relu_f32, float, float, x > 0.0f ? x : x * genc_number_f32(line, 0))
GENC_LINE_1(genc_tanh_f32, float, float, genc_tanh(x))

/** Limited to [0, 6]. */
static inline float genc_relu6_f32(float x)
{
    if (x < 0.0f) return 0.0f;
    return x > 6.0f ? 6.0f : x;
}

GENC_LINE_1(genc_hard_swish_f32, float, float, x * genc_relu6_f32(x + 3.0f) / 6.0f)
GENC_LINE_1(genc_logistic_f32, float, float, genc_logistic(x))

#endif /* GENC_ACTIVATION_LINES_H */
