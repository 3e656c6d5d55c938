#include "genc_copy_constant.h"

void genc_copy_constant(const genc_copy_constant_params *p, void *y, int32_t row_begin, int32_t row_end)
{
    genc_copy(p, p->constant, y, row_begin, row_end);
}
