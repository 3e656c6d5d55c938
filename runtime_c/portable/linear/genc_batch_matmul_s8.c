#include "genc_batch_matmul_s8.h"

#include "genc_requantize.h"

static int32_t dot(const genc_batch_matmul_s8_params *p, const int8_t *a, const int8_t *b)
{
    const int32_t a_zero = p->a_zero, b_zero = p->b_zero;
    int32_t sum = 0;
    for (int32_t k = 0; k < p->depth; k++) sum += (a[k * p->a_depth_step] - a_zero) * (b[k * p->b_depth_step] - b_zero);
    return sum;
}

void genc_batch_matmul_s8(const genc_batch_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                          int32_t row_begin, int32_t row_end)
{
    if (row_begin >= row_end) return;
    for (int32_t n = 0; n < p->batches; n++)
        for (int32_t r = 0; r < p->rows; r++)
            for (int32_t c = 0; c < p->columns; c++) {
                const int8_t *row = a + p->a_batches[n] + r * p->a_row_step;
                const int32_t sum = dot(p, row, b + p->b_batches[n] + c * p->b_column_step);
                const int32_t raw = genc_scale(sum, p->multiplier, p->shift) + p->y_zero;
                *y++ = (int8_t)genc_clamp(raw, INT8_MIN, INT8_MAX);
            }
}
