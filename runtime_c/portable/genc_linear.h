/**
 * @file genc_linear.h
 * @brief From accumulator to output byte, for convolutions.
 *
 * A channel's constants are four int32 (GENC_CHANNEL_*).  gen-c proves per channel, from the weights
 * and every possible input, that the accumulator stays inside +-2^30 and that the short form below
 * cannot overflow; a channel without proof has shift 0 and takes the long way.
 *
 * Semantics: MultiplyByQuantizedMultiplier with two roundings (TFLite kernels/internal/common.cc),
 * plus zero point, clamped: codegen.reference.linear.
 */
#ifndef GENC_LINEAR_H
#define GENC_LINEAR_H

#include "genc_kernel.h"

#define GENC_CHANNEL_BIAS 0       /* bias minus input zero point times the sum of the weights, modulo 2^32 */
#define GENC_CHANNEL_MULTIPLIER 1 /* 2^30 ... 2^31 - 1, or 0 */
#define GENC_CHANNEL_ADD 2        /* 2^(shift - 1) + zero_point * 2^shift; long way: shift to the left * 256 + zero point */
#define GENC_CHANNEL_SHIFT 3      /* to the right, 1 ... 30; 0: the long way */
#define GENC_CHANNEL_SIZE 4

/** sum += x * w, modulo 2^32; sum is a uint32_t, x and w are of int8 range. */
#define GENC_MAC(sum, x, w) (sum) += (uint32_t)((x) * (w))

/** The long way: any accumulator, multiplier and shift; the result is not clamped. */
int32_t genc_linear_any(int32_t sum, const int32_t *channel);

/**
 * round(sum * multiplier / 2^31), ties up.
 * @param sum         inside +-2^30
 * @param multiplier  0 ... 2^31 - 1
 */
static inline int32_t genc_linear_high(int32_t sum, int32_t multiplier)
{
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__) || defined(__XTENSA_CALL0_ABI__)
    /* No long multiply: pieces of 16 bits.  Floors nest, so dropping low bits early is exact. */
    const int32_t twice = (int32_t)((uint32_t)sum << 1);
    const int32_t low = twice & 0xFFFF, high = twice >> 16;
    const int32_t m_low = multiplier & 0xFFFF, m_high = multiplier >> 16;
    const int32_t mid = high * m_low + (int32_t)(((uint32_t)low * (uint32_t)m_low) >> 16) + 0x8000;
    return high * m_high + (mid >> 16) + ((low * m_high + (mid & 0xFFFF)) >> 16);
#elif defined(__riscv) && __riscv_xlen == 64
    return (int32_t)(((int64_t)sum * multiplier + ((int64_t)1 << 30)) >> 31);
#else
    return (int32_t)(((int64_t)(int32_t)((uint32_t)sum << 1) * multiplier + (int64_t)0x80000000) >> 32);
#endif
}

/** Output byte of an accumulator that started from the channel's bias. */
static inline int8_t genc_linear_output(uint32_t sum, const int32_t *channel, int32_t low, int32_t high)
{
    const int32_t shift = channel[GENC_CHANNEL_SHIFT];
    int32_t y;
    if (shift != 0) {
        const int32_t h = genc_linear_high((int32_t)sum, channel[GENC_CHANNEL_MULTIPLIER]);
        y = (h + (h >> 31) + channel[GENC_CHANNEL_ADD]) >> shift; /* h >> 31: ties away from zero */
    } else {
        y = genc_linear_any((int32_t)sum, channel);
    }
    return (int8_t)genc_clamp(y, low, high);
}

#endif /* GENC_LINEAR_H */
