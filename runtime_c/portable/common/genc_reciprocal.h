/**
 * @file genc_reciprocal.h
 * @brief 1 / (1 + a) in 32-bit fixed point, as gemmlowp computes it.
 */
#ifndef GENC_RECIPROCAL_H
#define GENC_RECIPROCAL_H

#include "genc_requantize.h"

/** 4 * value, saturated. */
static inline int32_t genc_times_four(int32_t value)
{
    return genc_clamp(value, -(1 << 29), (1 << 29) - 1) == value ? value * 4 : (value < 0 ? INT32_MIN : INT32_MAX);
}

/** 1 / (1 + a) in Q0.31 of a in Q0.31 in [0, 1): three Newton steps on d = (1 + a) / 2, from 48/17 - 32/17 d, in Q2.29. */
static inline int32_t genc_one_over_one_plus(int32_t a)
{
    const int32_t d = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + genc_high_multiply_any(d, -1010580540);
    for (int32_t i = 0; i < 3; i++)
        x += genc_times_four(genc_high_multiply_any(x, (1 << 29) - genc_high_multiply_any(d, x)));
    return x >= (1 << 30) ? INT32_MAX : x * 2;
}

#endif /* GENC_RECIPROCAL_H */
