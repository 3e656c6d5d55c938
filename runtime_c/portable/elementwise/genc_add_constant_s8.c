#include "genc_add_constant_s8.h"

void genc_add_constant_s8(const genc_add_constant_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end)
{
    const int8_t *a = p->constant_is_a ? p->constant : x;
    const int8_t *b = p->constant_is_a ? x : p->constant;
    genc_add_s8(p, a, b, y, row_begin, row_end);
}
