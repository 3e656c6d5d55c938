#include "genc_mul_constant_s8.h"

void genc_mul_constant_s8(const genc_mul_constant_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                           int32_t row_end)
{
    genc_mul_s8(p, x, p->constant, y, row_begin, row_end);
}
