#include "genc_add_s8.h"

#include "genc_requantize.h"

/* One run: a has the larger scale, so its factor is exactly one half and needs no rounding. */
static void add_run(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    for (int32_t c = 0; c < p->channels; c++, a += p->a_step, b += p->b_step) {
        const int32_t b_term = genc_shift_right(
            genc_high_multiply((*b - p->b_zero) * (1 << 20), p->b_multiplier), -p->b_shift);
        const int32_t sum = (*a - p->a_zero) * p->a_factor + b_term * p->b_sign;
        y[c] = (int8_t)(genc_clamp(genc_scale(sum, p->y_multiplier, p->y_shift), p->low, p->high) + p->y_zero);
    }
}

void genc_add_s8(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                 int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *a_row = genc_operand_row(a, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *b_row = genc_operand_row(b, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (int32_t w = 0; w < p->columns; w++)
            add_run(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * p->channels);
    }
}
