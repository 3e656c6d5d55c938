/**
 * @file genc_saturate.h
 * @brief Shifts to the left in 32 bits.
 */
#ifndef GENC_SATURATE_H
#define GENC_SATURATE_H

#include "genc_kernel.h"

/** value * 2^bits, saturated; 0 <= bits <= 30. */
static inline int32_t genc_saturated_left(int32_t value, int32_t bits)
{
    const int64_t wide = (int64_t)value * ((int32_t)1 << bits);
    if (wide > INT32_MAX) return INT32_MAX;
    return wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/** Bits by which a positive value can be shifted to the left without loss. */
static inline int32_t genc_headroom(int32_t value)
{
    int32_t bits = 0;
    for (; value < (1 << 30); value <<= 1) bits++;
    return bits;
}

#endif /* GENC_SATURATE_H */
