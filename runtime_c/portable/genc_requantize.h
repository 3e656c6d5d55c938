/**
 * @file genc_requantize.h
 * @brief Multiplication by a real factor in 32-bit fixed point, as TFLite does it.
 *
 * Semantics: MultiplyByQuantizedMultiplier of TFLite built without TFLITE_SINGLE_ROUNDING
 * (kernels/internal/common.cc); codegen.reference.fixed_point.multiply_double_rounding.
 */
#ifndef GENC_REQUANTIZE_H
#define GENC_REQUANTIZE_H

#include "genc_kernel.h"

/** round(a * b / 2^31), ties up; not for a == b == INT32_MIN. */
static inline int32_t genc_high_multiply(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/** round(value / 2^shift), ties away from zero; 0 <= shift <= 31. */
static inline int32_t genc_shift_right(int32_t value, int32_t shift)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << shift) - 1u);
    const int32_t half = (mask >> 1) + (value < 0 ? 1 : 0);
    return (value >> shift) + ((value & mask) > half ? 1 : 0);
}

/**
 * value * multiplier * 2^(shift - 31), rounded after the multiplication and after the shift.
 * @param value       any; value << shift wraps like TFLite's
 * @param multiplier  0, or its magnitude in [2^30, 2^31)
 * @param shift       -31 ... 31, positive to the left
 */
static inline int32_t genc_scale(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return genc_shift_right(genc_high_multiply((int32_t)((uint32_t)value << left), multiplier), right);
}

#endif /* GENC_REQUANTIZE_H */
