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

/**
 * to[i] = from[i], limited to [low, high], for i < count; both may be the same.  Above a `low` of 0 floats have the order
 * of their bits, which every core compares fast.
 */
static inline void genc_clamp_row_f32(const float *from, float *to, int32_t count, float low, float high)
{
    const float *const end = from + count;
    int32_t most, v;
    if (low == 0.0f) {
        memcpy(&most, &high, sizeof most);
        for (; from != end; from++, to++) {
            memcpy(&v, from, sizeof v);
            v &= ~(v >> 31);
            if (v > most) v = most;
            memcpy(to, &v, sizeof v);
        }
    } else {
        for (; from != end; from++, to++) *to = genc_clamp_f32(*from, low, high);
    }
}

#endif /* GENC_FLOAT_H */
