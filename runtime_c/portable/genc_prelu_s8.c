#include "genc_prelu_s8.h"

#include "genc_requantize.h"

static void prelu_run(const genc_prelu_s8_params *p, const int8_t *x, const int8_t *alpha, int8_t *y)
{
    for (int32_t c = 0; c < p->channels; c++, x += p->a_step, alpha += p->b_step) {
        const int32_t value = *x - p->x_zero;
        const int32_t scaled = value >= 0
            ? genc_scale(value, p->multiplier, p->shift)
            : genc_scale(value * (*alpha - p->alpha_zero), p->alpha_multiplier, p->alpha_shift);
        y[c] = (int8_t)(genc_clamp(scaled, p->low, p->high) + p->y_zero);
    }
}

void genc_prelu_s8(const genc_prelu_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_operand_row(x, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *alpha = genc_operand_row(p->alpha, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (int32_t w = 0; w < p->columns; w++)
            prelu_run(p, in + w * p->a_column_step, alpha + w * p->b_column_step, out + w * p->channels);
    }
}
