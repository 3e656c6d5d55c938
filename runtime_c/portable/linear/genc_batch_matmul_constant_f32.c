#include "genc_batch_matmul_constant_f32.h"

void genc_batch_matmul_constant_f32(const genc_batch_matmul_constant_f32_params *p, const float *x, float *y,
                                    int32_t row_begin, int32_t row_end)
{
    const float *known = (const float *)p->constant;
    if (p->constant_is_a)
        genc_batch_matmul_f32(p, known, x, y, row_begin, row_end);
    else
        genc_batch_matmul_f32(p, x, known, y, row_begin, row_end);
}
