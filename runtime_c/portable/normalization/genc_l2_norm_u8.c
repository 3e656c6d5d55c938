#include "genc_l2_norm_u8.h"

#include "genc_inverse_root.h"

void genc_l2_norm_u8(const genc_l2_norm_u8_params *p, const uint8_t *x, uint8_t *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const uint8_t *in = (const uint8_t *)genc_row(x, r, p->x_held, p->depth);
        uint8_t *out = (uint8_t *)genc_row_out(y, r, p->y_held, p->depth);
        int32_t sum = 0;
        for (int32_t c = 0; c < p->depth; c++) sum += (in[c] - p->x_zero) * (in[c] - p->x_zero);
        const genc_factor norm = genc_inverse_root(sum);
        for (int32_t c = 0; c < p->depth; c++) {
            const int32_t value = genc_scale(128 * (in[c] - p->x_zero), norm.multiplier, norm.shift) + 128;
            out[c] = (uint8_t)genc_clamp(value, 0, UINT8_MAX);
        }
    }
}
