#include "genc_l2_norm_s8.h"

#include "genc_inverse_root.h"

#define OUTPUT_BITS 7 /* steps of 1/128 */

void genc_l2_norm_s8(const genc_l2_norm_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->depth);
        int8_t *out = genc_row_out(y, r, p->y_held, p->depth);
        int32_t sum = 0;
        for (int32_t c = 0; c < p->depth; c++) sum += (in[c] - p->x_zero) * (in[c] - p->x_zero);
        const genc_factor norm = genc_inverse_root(sum);
        for (int32_t c = 0; c < p->depth; c++) {
            const int32_t value = genc_scale(in[c] - p->x_zero, norm.multiplier, norm.shift + OUTPUT_BITS);
            out[c] = (int8_t)genc_clamp(value, INT8_MIN, INT8_MAX);
        }
    }
}
