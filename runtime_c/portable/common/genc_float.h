/**
 * @file genc_float.h
 * @brief What the float32 kernels share: rows of floats, the clamp, multiply-add.
 *
 * Float kernels compute in float alone, never in double, and do not rely on infinities or NaN, so that they
 * may be compiled with -ffast-math.  Results are those of TFLite's reference kernels up to rounding.
 */
#ifndef GENC_FLOAT_H
#define GENC_FLOAT_H

#include "genc_kernel.h"

/** sum += x * w, in one instruction where the core has one. */
#ifdef __FP_FAST_FMAF
#define GENC_FMA(sum, x, w) (sum) = __builtin_fmaf((x), (w), (sum))
#else
#define GENC_FMA(sum, x, w) (sum) += (x) * (w)
#endif

/** a * b, rounded to float before it is added to anything: no compiler makes a fused multiply-add of it. */
static inline float genc_rounded_product(float a, float b)
{
    volatile float product = a * b;
    return product;
}

/** The bytes of a float tensor's row (genc_row), as floats. */
static inline const float *genc_floats(const void *row)
{
    return (const float *)row;
}

/** The same, to be written. */
static inline float *genc_floats_out(void *row)
{
    return (float *)row;
}

/** The value, limited to [low, high]. */
static inline float genc_clamp_f32(float value, float low, float high)
{
    if (value < low) return low;
    return value > high ? high : value;
}

#endif /* GENC_FLOAT_H */
