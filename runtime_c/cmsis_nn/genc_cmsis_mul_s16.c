#include "genc_cmsis_mul_s16.h"

void genc_cmsis_mul_s16(const genc_cmsis_mul_s16_params *p, const int16_t *a, const int16_t *b, int16_t *y,
                        int32_t row_begin, int32_t row_end)
{
    for (int32_t row = row_begin, rows; row < row_end; row += rows) {
        rows = genc_cmsis_together(p, row, row_end);
        (void)arm_elementwise_mul_s16(a + genc_cmsis_place(p, row, p->a_rows_held), b + genc_cmsis_place(p, row, p->b_rows_held),
                                     p->a_offset, p->b_offset, y + genc_cmsis_place(p, row, p->y_rows_held), p->y_offset,
                                     p->y_multiplier, p->y_shift, p->low, p->high, rows * p->elements);
    }
}
