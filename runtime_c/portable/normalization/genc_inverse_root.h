/**
 * @file genc_inverse_root.h
 * @brief The reciprocal square root in fixed point.
 *
 * Semantics: GetInvSqrtQuantizedMultiplierExp of TFLite (quantization_util.cc).
 */
#ifndef GENC_INVERSE_ROOT_H
#define GENC_INVERSE_ROOT_H

#include "genc_requantize.h"
#include "genc_saturate.h"

#define GENC_HALF_THREE ((1 << 28) + (1 << 27)) /* 3/2 in Q3.28 */
#define GENC_ROOT_HALF 1518500250               /* 2^(-1/2) in Q0.31 */
#define GENC_NEWTON_STEPS 5

/** A real factor: multiplier * 2^(shift - 31). */
typedef struct {
    int32_t multiplier, shift;
} genc_factor;

/** 1 / sqrt(x) of x >= 0, by Newton's method in Q3.28; 0 counts as 1. */
static inline genc_factor genc_inverse_root(int32_t x)
{
    genc_factor result = {INT32_MAX, 0};
    int32_t right = 11, root = 1 << 28;
    if (x <= 1) return result;
    for (; x >= (1 << 29); x /= 4) right++;
    for (; x < (1 << 27); x *= 4) right--;
    const int32_t half = genc_shift_right(x >> 1, 1);
    for (int32_t i = 0; i < GENC_NEWTON_STEPS; i++) {
        const int32_t square = genc_high_multiply_any(root, root);
        const int32_t cube = genc_saturated_left(genc_high_multiply_any(square, root), 6);
        root = genc_high_multiply_any(GENC_HALF_THREE, root) - genc_high_multiply_any(half, cube);
        root = genc_saturated_left(root, 3);
    }
    result.multiplier = genc_high_multiply_any(root, GENC_ROOT_HALF);
    if (right < 0) result.multiplier = (int32_t)((uint32_t)result.multiplier << -right);
    result.shift = right < 0 ? 0 : -right;
    return result;
}

#endif /* GENC_INVERSE_ROOT_H */
