#include "genc_batch_matmul_s16.h"

static int64_t dot(const genc_batch_matmul_s16_params *p, const int16_t *a, const int16_t *b)
{
    int64_t sum = 0;
    for (int32_t k = 0; k < p->depth; k++) sum += (int32_t)a[k * p->a_depth_step] * b[k * p->b_depth_step];
    return sum;
}

void genc_batch_matmul_s16(const genc_batch_matmul_s16_params *p, const int16_t *a, const int16_t *b, int16_t *y,
                           int32_t row_begin, int32_t row_end)
{
    if (row_begin >= row_end) return;
    for (int32_t n = 0; n < p->batches; n++)
        for (int32_t r = 0; r < p->rows; r++)
            for (int32_t c = 0; c < p->columns; c++) {
                const int16_t *row = a + p->a_batches[n] + r * p->a_row_step;
                const int64_t sum = dot(p, row, b + p->b_batches[n] + c * p->b_column_step);
                const int64_t raw = (sum * p->multiplier + ((int64_t)1 << (p->right - 1))) >> p->right;
                *y++ = (int16_t)genc_clamp((int32_t)(uint32_t)(uint64_t)raw, INT16_MIN, INT16_MAX);
            }
}
