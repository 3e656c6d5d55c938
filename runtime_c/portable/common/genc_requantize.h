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

/* Cores whose compilers call a library to multiply to 64 bits: ARMv6-M, ARMv8-M Baseline, ESP8266. */
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__) || defined(__XTENSA_CALL0_ABI__)
#define GENC_NO_LONG_MULTIPLY
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** round(a * b / 2^31), ties up, of any values but a == b == INT32_MIN. */
static inline int32_t genc_high_multiply_any(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/**
 * round(value * multiplier / 2^31), ties up; the short form.
 * @param value       inside +-2^30
 * @param multiplier  0 ... 2^31 - 1
 */
static inline int32_t genc_high_multiply(int32_t value, int32_t multiplier)
{
#if defined(GENC_NO_LONG_MULTIPLY)
    /* No long multiply: pieces of 16 bits.  Floors nest, so dropping low bits early is exact. */
    const int32_t twice = (int32_t)((uint32_t)value << 1);
    const int32_t low = twice & 0xFFFF, high = twice >> 16;
    const int32_t m_low = multiplier & 0xFFFF, m_high = multiplier >> 16;
    const int32_t mid = high * m_low + (int32_t)(((uint32_t)low * (uint32_t)m_low) >> 16) + 0x8000;
    return high * m_high + (mid >> 16) + ((low * m_high + (mid & 0xFFFF)) >> 16);
#elif defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t h; /* GCC does not find this instruction by itself */
    __asm__("smmulr %0, %1, %2" : "=r"(h) : "r"((uint32_t)value << 1), "r"(multiplier));
    return h;
#elif defined(__riscv) && __riscv_xlen == 64
    return (int32_t)(((int64_t)value * multiplier + ((int64_t)1 << 30)) >> 31);
#else
    return (int32_t)(((int64_t)(int32_t)((uint32_t)value << 1) * multiplier + (int64_t)0x80000000) >> 32);
#endif
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
 * @param multiplier  0, or 2^30 ... 2^31 - 1
 * @param shift       -31 ... 31, positive to the left
 */
int32_t genc_scale(int32_t value, int32_t multiplier, int32_t shift);

/**
 * The short form for inner loops, rounded in the same two places.
 * @param value       inside +-2^30; a shift to the left is already in it
 * @param multiplier  0, or 2^30 ... 2^31 - 1
 * @param right       shift to the right, 1 ... 30
 */
static inline int32_t genc_scale_right(int32_t value, int32_t multiplier, int32_t right)
{
    const int32_t high = genc_high_multiply(value, multiplier);
    return (high + (high >> 31) + (1 << (right - 1))) >> right; /* high >> 31: ties away from zero */
}

/** The same with a shift of 0 ... 30. */
static inline int32_t genc_scale_right_or_not(int32_t value, int32_t multiplier, int32_t right)
{
    const int32_t ties = right > 0 ? -1 : 0;
    const int32_t high = genc_high_multiply(value, multiplier);
    return (high + ((high >> 31) & ties) + ((1 << right) >> 1)) >> right;
}

#ifdef __cplusplus
}
#endif
#endif /* GENC_REQUANTIZE_H */
