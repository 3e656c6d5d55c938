/**
 * @file genc_exp.h
 * @brief exp, log, logistic and tanh in float32, without a C library.
 *
 * Many libraries compute expf with double arithmetic, which most microcontrollers lack.  These take some twenty
 * float operations and are accurate to 2e-7 of the result.
 */
#ifndef GENC_EXP_H
#define GENC_EXP_H

#include "genc_float.h"

#define GENC_EXP_LOWEST -87.0f /* exp() of less is 1.6e-38: nearly the smallest normal number */
#define GENC_EXP_HIGHEST 88.0f /* exp() of more is 1.6e38: nearly the largest */

/** exp(x), x limited to [-87, 88]: 2^n * exp(r) with |r| <= ln(2) / 2, by exp's power series. */
static inline float genc_exp(float x)
{
    const float bounded = x > GENC_EXP_LOWEST ? x : GENC_EXP_LOWEST; /* also when x is not a number */
    const float limited = bounded < GENC_EXP_HIGHEST ? bounded : GENC_EXP_HIGHEST;
    const float power = limited * 1.44269504f;
    const int32_t n = (int32_t)(power < 0.0f ? power - 0.5f : power + 0.5f);
    const float r = (limited - (float)n * 0.693145752f) - (float)n * 1.42860677e-6f; /* ln 2 in two parts */
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float scale, y = 1.98412698e-4f;
    memcpy(&scale, &bits, sizeof scale);
    y = y * r + 1.38888889e-3f;
    y = y * r + 8.33333333e-3f;
    y = y * r + 4.16666667e-2f;
    y = y * r + 1.66666667e-1f;
    y = y * r + 0.5f;
    y = y * r + 1.0f;
    y = y * r + 1.0f;
    return y * scale;
}

/** log(x) of a normal x > 0: x = 2^n * m with m near 1, log(m) by the power series of atanh((m - 1) / (m + 1)). */
static inline float genc_log(float x)
{
    uint32_t bits;
    float m, s, square, y = 1.11111111e-1f;
    memcpy(&bits, &x, sizeof bits);
    const int32_t n = (int32_t)((bits - 0x3F3504F3u) >> 23) - (bits < 0x3F3504F3u ? 512 : 0); /* m from sqrt(1/2) */
    bits -= (uint32_t)n << 23;
    memcpy(&m, &bits, sizeof m);
    s = (m - 1.0f) / (m + 1.0f);
    square = s * s;
    y = y * square + 1.42857143e-1f;
    y = y * square + 0.2f;
    y = y * square + 3.33333333e-1f;
    y = y * square + 1.0f;
    return (float)n * 0.693145752f + ((float)n * 1.42860677e-6f + 2.0f * s * y); /* ln 2 in two parts */
}

/** 1 / (1 + exp(-x)). */
static inline float genc_logistic(float x)
{
    const float power = genc_exp(x < 0.0f ? x : -x);
    return (x < 0.0f ? power : 1.0f) / (1.0f + power);
}

/** tanh(x): near zero by its power series, elsewhere by exp(-2 |x|). */
static inline float genc_tanh(float x)
{
    const float size = x < 0.0f ? -x : x, square = x * x;
    float y;
    if (size < 0.4f) {
        y = -8.86323553e-3f;
        y = y * square + 2.18694885e-2f;
        y = y * square - 5.39682540e-2f;
        y = y * square + 1.33333333e-1f;
        y = y * square - 3.33333333e-1f;
        return x + x * square * y;
    }
    y = genc_exp(-2.0f * size);
    y = (1.0f - y) / (1.0f + y);
    return x < 0.0f ? -y : y;
}

#endif /* GENC_EXP_H */
