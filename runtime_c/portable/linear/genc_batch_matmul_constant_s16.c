#include "genc_batch_matmul_constant_s16.h"

void genc_batch_matmul_constant_s16(const genc_batch_matmul_constant_s16_params *p, const int16_t *x, int16_t *y,
                                    int32_t row_begin, int32_t row_end)
{
    const int16_t *known = (const int16_t *)p->constant;
    if (p->constant_is_a)
        genc_batch_matmul_s16(p, known, x, y, row_begin, row_end);
    else
        genc_batch_matmul_s16(p, x, known, y, row_begin, row_end);
}
