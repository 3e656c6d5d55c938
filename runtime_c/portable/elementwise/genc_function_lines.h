/**
 * @file genc_function_lines.h
 * @brief Line functions on float32 beyond TFLite's, and on the bits of integers.
 *
 * `numbers` are float32 bit patterns: the attributes of the operator, in their order.
 * Semantics: the operators of these names in ONNX; codegen.reference.functions; libm in single precision.
 */
#ifndef GENC_FUNCTION_LINES_H
#define GENC_FUNCTION_LINES_H

#include "genc_activation_lines.h"

GENC_LINE_1(genc_sign_f32, float, float, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x)
GENC_LINE_1(genc_reciprocal_f32, float, float, 1.0f / x)
GENC_LINE_1(genc_trunc_f32, float, float, truncf(x))
GENC_LINE_1(genc_tan_f32, float, float, tanf(x))
GENC_LINE_1(genc_asin_f32, float, float, asinf(x))
GENC_LINE_1(genc_acos_f32, float, float, acosf(x))
GENC_LINE_1(genc_atan_f32, float, float, atanf(x))
GENC_LINE_1(genc_sinh_f32, float, float, sinhf(x))
GENC_LINE_1(genc_cosh_f32, float, float, coshf(x))
GENC_LINE_1(genc_asinh_f32, float, float, asinhf(x))
GENC_LINE_1(genc_acosh_f32, float, float, acoshf(x))
GENC_LINE_1(genc_atanh_f32, float, float, atanhf(x))
GENC_LINE_1(genc_erf_f32, float, float, erff(x))
GENC_LINE_1(genc_gelu_f32, float, float, x * 0.5f * (1.0f + erff(x * 0.707106781f)))
GENC_LINE_1(genc_softsign_f32, float, float, x / (1.0f + fabsf(x)))

/** log(1 + exp(x)) without overflow. */
static inline float genc_softplus(float x)
{
    return (x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));
}

/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, as x times a logistic. */
static inline float genc_gelu_tanh(float x)
{
    return x * genc_logistic(1.59576912f * (x + 0.044715f * x * x * x));
}

/** x tanh(log(1 + exp(x))) = x n / (n + 2), n = e (e + 2), e = exp(x); above 15 it is x. */
static inline float genc_mish(float x)
{
    const float e = expf(x < 15.0f ? x : 15.0f), n = e * (e + 2.0f);
    return x * (n / (n + 2.0f));
}

GENC_LINE_1(genc_softplus_f32, float, float, genc_softplus(x))
GENC_LINE_1(genc_gelu_tanh_f32, float, float, genc_gelu_tanh(x))
GENC_LINE_1(genc_mish_f32, float, float, genc_mish(x))

/** Limited to [0, 1]. */
static inline float genc_unit_f32(float x)
{
    if (x < 0.0f) return 0.0f;
    return x > 1.0f ? 1.0f : x;
}

/** numbers: alpha, gamma, width. */
static inline float genc_scaled_elu(float x, const genc_line *line)
{
    const float gamma = genc_number_f32(line, 1);
    if (x > 0.0f) return gamma * x;
    return gamma * genc_number_f32(line, 0) * expm1f(x / genc_number_f32(line, 2));
}

/** numbers: threshold, bias. */
static inline float genc_shrink(float x, const genc_line *line)
{
    const float threshold = genc_number_f32(line, 0), bias = genc_number_f32(line, 1);
    if (x > threshold) return x - bias;
    return x < -threshold ? x + bias : 0.0f;
}

GENC_LINE_1(genc_clip_f32, float, float, genc_limited_f32(x, line->numbers)) /* low, high */
GENC_LINE_1(genc_hard_sigmoid_f32, float, float,
            genc_unit_f32(x * genc_number_f32(line, 0) + genc_number_f32(line, 1))) /* slope, offset */
GENC_LINE_1(genc_scaled_elu_f32, float, float, genc_scaled_elu(x, line))
GENC_LINE_1(genc_swish_f32, float, float, x * genc_logistic(x * genc_number_f32(line, 0))) /* alpha */
GENC_LINE_1(genc_thresholded_relu_f32, float, float, x > genc_number_f32(line, 0) ? x : 0.0f)
GENC_LINE_1(genc_shrink_f32, float, float, genc_shrink(x, line))

GENC_LINE_2(genc_pow_f32, float, float, powf(a, b))
GENC_LINE_2(genc_remainder_f32, float, float, fmodf(a, b))

/** Defines functions of integers of one size: powers that wrap, what a division leaves, bits, shifts. */
#define GENC_BITS_LINES(suffix, TYPE, UNSIGNED, bits)                                                   \
    static inline TYPE genc_power_##suffix(TYPE a, TYPE b)                                              \
    {                                                                                                   \
        UNSIGNED result = 1, square = (UNSIGNED)a;                                                      \
        if (b < 0) return a == 1 ? 1 : a != -1 ? 0 : (b & 1) != 0 ? -1 : 1;                             \
        for (; b > 0; b >>= 1, square *= square)                                                        \
            if ((b & 1) != 0) result *= square;                                                         \
        return (TYPE)result;                                                                            \
    }                                                                                                   \
    GENC_LINE_2(genc_pow_##suffix, TYPE, TYPE, genc_power_##suffix(a, b))                               \
    GENC_LINE_2(genc_remainder_##suffix, TYPE, TYPE, b == 0 || b == -1 ? 0 : a % b)                     \
    GENC_LINE_2(genc_bitwise_and_##suffix, TYPE, TYPE, a &b)                                            \
    GENC_LINE_2(genc_bitwise_or_##suffix, TYPE, TYPE, a | b)                                            \
    GENC_LINE_2(genc_bitwise_xor_##suffix, TYPE, TYPE, a ^ b)                                           \
    GENC_LINE_2(genc_shift_left_##suffix, TYPE, TYPE, b >= 0 && b < (bits) ? (UNSIGNED)a << b : 0)      \
    GENC_LINE_2(genc_shift_right_##suffix, TYPE, TYPE, a >> (b >= 0 && b < (bits) ? b : (bits)-1))

GENC_BITS_LINES(i32, int32_t, uint32_t, 32)
GENC_BITS_LINES(i64, int64_t, uint64_t, 64)

#endif /* GENC_FUNCTION_LINES_H */
