#include "genc_mul_s8.h"

#include "genc_requantize.h"

/* One column.  Parameters are copied: through p, the compiler would load them again after every byte written. */
static void mul_column(const genc_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    const int32_t a_factor = p->a_factor, a_step = p->a_step, a_add = -p->a_zero * a_factor;
    const int32_t b_zero = p->b_zero, b_step = p->b_step;
    const int32_t multiplier = p->multiplier, right = p->right;
    const int32_t y_zero = p->y_zero, low = p->low, high = p->high;
    const int8_t *end = y + p->channels;
    while (y < end) {
        const int32_t product = (*a * a_factor + a_add) * (*b - b_zero);
        *y++ = (int8_t)(genc_clamp(genc_scale_right_or_not(product, multiplier, right), low, high) + y_zero);
        a += a_step;
        b += b_step;
    }
}

void genc_mul_s8(const genc_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                 int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *a_row = genc_operand_row(a, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *b_row = genc_operand_row(b, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (int32_t w = 0; w < p->columns; w++)
            mul_column(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * p->channels);
    }
}
