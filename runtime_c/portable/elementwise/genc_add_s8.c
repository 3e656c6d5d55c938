#include "genc_add_s8.h"

#include "genc_requantize.h"

/* One column.  Parameters are copied: through p, the compiler would load them again after every byte written. */
static void add_column(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    const int32_t a_factor = p->a_factor, a_step = p->a_step, a_add = -p->a_zero * a_factor;
    const int32_t b_factor = p->b_factor, b_step = p->b_step, b_add = -p->b_zero * b_factor;
    const int32_t b_multiplier = p->b_multiplier, b_right = p->b_right, b_sign = p->b_sign;
    const int32_t y_multiplier = p->y_multiplier, y_right = p->y_right;
    const int32_t y_zero = p->y_zero, low = p->low, high = p->high;
    const int8_t *end = y + p->channels;
    while (y < end) {
        const int32_t b_term = genc_scale_right(*b * b_factor + b_add, b_multiplier, b_right);
        const int32_t sum = *a * a_factor + a_add + b_term * b_sign;
        *y++ = (int8_t)(genc_clamp(genc_scale_right(sum, y_multiplier, y_right), low, high) + y_zero);
        a += a_step;
        b += b_step;
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
            add_column(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * p->channels);
    }
}
