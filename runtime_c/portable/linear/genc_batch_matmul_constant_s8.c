#include "genc_batch_matmul_constant_s8.h"

void genc_batch_matmul_constant_s8(const genc_batch_matmul_constant_s8_params *p, const int8_t *x, int8_t *y,
                                    int32_t row_begin, int32_t row_end)
{
    const int8_t *known = (const int8_t *)p->constant;
    if (p->constant_is_a)
        genc_batch_matmul_s8(p, known, x, y, row_begin, row_end);
    else
        genc_batch_matmul_s8(p, x, known, y, row_begin, row_end);
}
