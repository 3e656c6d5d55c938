#include "genc_l2_norm_s8.h"

#include "genc_requantize.h"
#include "genc_saturate.h"

#define HALF_THREE ((1 << 28) + (1 << 27)) /* 3/2 in Q3.28 */
#define ROOT_HALF 1518500250               /* 2^(-1/2) in Q0.31 */
#define NEWTON_STEPS 5
#define OUTPUT_BITS 7 /* steps of 1/128 */

/* A real factor: multiplier * 2^(shift - 31). */
typedef struct {
    int32_t multiplier, shift;
} factor;

/* 1 / sqrt(x) of x >= 0, by Newton's method in Q3.28; 0 counts as 1. */
static factor inverse_root(int32_t x)
{
    factor result = {INT32_MAX, 0};
    int32_t right = 11, root = 1 << 28;
    if (x <= 1) return result;
    for (; x >= (1 << 29); x /= 4) right++;
    for (; x < (1 << 27); x *= 4) right--;
    const int32_t half = genc_shift_right(x >> 1, 1);
    for (int32_t i = 0; i < NEWTON_STEPS; i++) {
        const int32_t square = genc_high_multiply_any(root, root);
        const int32_t cube = genc_saturated_left(genc_high_multiply_any(square, root), 6);
        root = genc_high_multiply_any(HALF_THREE, root) - genc_high_multiply_any(half, cube);
        root = genc_saturated_left(root, 3);
    }
    result.multiplier = genc_high_multiply_any(root, ROOT_HALF);
    if (right < 0) result.multiplier = (int32_t)((uint32_t)result.multiplier << -right);
    result.shift = right < 0 ? 0 : -right;
    return result;
}

void genc_l2_norm_s8(const genc_l2_norm_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->depth);
        int8_t *out = genc_row_out(y, r, p->y_held, p->depth);
        int32_t sum = 0;
        for (int32_t c = 0; c < p->depth; c++) sum += (in[c] - p->x_zero) * (in[c] - p->x_zero);
        const factor norm = inverse_root(sum);
        for (int32_t c = 0; c < p->depth; c++) {
            const int32_t value = genc_scale(in[c] - p->x_zero, norm.multiplier, norm.shift + OUTPUT_BITS);
            out[c] = (int8_t)genc_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}
