#include "genc_max_min_s8.h"

/* One column.  Parameters are copied: through p, the compiler would load them again after every byte written. */
static void max_min_column(const genc_max_min_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    const int32_t a_step = p->a_step, b_step = p->b_step;
    const int32_t flip = p->take_larger ? 0 : -1; /* min(a, b) = ~max(~a, ~b) */
    const int8_t *end = y + p->channels;
    while (y < end) {
        const int32_t u = *a ^ flip, v = *b ^ flip;
        *y++ = (int8_t)((u > v ? u : v) ^ flip);
        a += a_step;
        b += b_step;
    }
}

void genc_max_min_s8(const genc_max_min_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *a_row = genc_operand_row(a, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *b_row = genc_operand_row(b, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (int32_t w = 0; w < p->columns; w++)
            max_min_column(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * p->channels);
    }
}
