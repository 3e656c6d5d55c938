#include "genc_gather_fixed.h"

void genc_gather_fixed(const genc_gather_fixed_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    genc_gather(p, x, p->constant, y, row_begin, row_end);
}
