#include "genc_prelu_s8.h"

#include "genc_requantize.h"

/* One column.  Parameters are copied: through p, the compiler would load them again after every byte written. */
static void prelu_column(const genc_prelu_s8_params *p, const int8_t *x, const int8_t *alpha, int8_t *y)
{
    const int32_t x_zero = p->x_zero, x_step = p->a_step, alpha_zero = p->alpha_zero, alpha_step = p->b_step;
    const int32_t y_zero = p->y_zero, low = p->low, high = p->high;
    const int8_t *end = y + p->channels;
    while (y < end) {
        int32_t value = *x - x_zero, multiplier = p->multiplier, right = p->right;
        if (value >= 0) {
            value *= p->x_factor;
        } else {
            value *= (*alpha - alpha_zero) * p->alpha_factor;
            multiplier = p->alpha_multiplier;
            right = p->alpha_right;
        }
        *y++ = (int8_t)(genc_clamp(genc_scale_right_or_not(value, multiplier, right), low, high) + y_zero);
        x += x_step;
        alpha += alpha_step;
    }
}

void genc_prelu_s8(const genc_prelu_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_operand_row(x, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *alpha = genc_operand_row(p->alpha, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (int32_t w = 0; w < p->columns; w++)
            prelu_column(p, in + w * p->a_column_step, alpha + w * p->b_column_step, out + w * p->channels);
    }
}
