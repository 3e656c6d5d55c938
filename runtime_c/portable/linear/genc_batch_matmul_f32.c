#include "genc_batch_matmul_f32.h"

static float dot(const genc_batch_matmul_f32_params *p, const float *a, const float *b)
{
    float sum = 0.0f;
    for (int32_t k = 0; k < p->depth; k++) sum += a[k * p->a_depth_step] * b[k * p->b_depth_step];
    return sum;
}

void genc_batch_matmul_f32(const genc_batch_matmul_f32_params *p, const float *a, const float *b, float *y,
                           int32_t row_begin, int32_t row_end)
{
    if (row_begin >= row_end) return;
    for (int32_t n = 0; n < p->batches; n++)
        for (int32_t r = 0; r < p->rows; r++)
            for (int32_t c = 0; c < p->columns; c++)
                *y++ = dot(p, a + p->a_batches[n] + r * p->a_row_step, b + p->b_batches[n] + c * p->b_column_step);
}
