#include "genc_cmsis_maximum_s8.h"

void genc_cmsis_maximum_s8(const genc_cmsis_maximum_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                           int32_t row_begin, int32_t row_end)
{
    const cmsis_nn_context context = {NULL, 0};
    for (int32_t row = row_begin; row < row_end;) {
        const int32_t rows = genc_cmsis_together(p, row, row_end);
        const cmsis_nn_dims dims = {1, 1, 1, rows * p->elements};
        (void)arm_maximum_s8(&context, a + genc_cmsis_place(p, row, p->a_rows_held), &dims,
                             b + genc_cmsis_place(p, row, p->b_rows_held), &dims,
                             y + genc_cmsis_place(p, row, p->y_rows_held), &dims);
        row += rows;
    }
}
