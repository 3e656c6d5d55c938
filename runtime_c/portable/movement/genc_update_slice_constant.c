#include "genc_update_slice_constant.h"

void genc_update_slice_constant(const genc_update_slice_constant_params *p, const void *start, void *y,
                                int32_t row_begin, int32_t row_end)
{
    genc_update_slice(p, p->constant, start, y, row_begin, row_end);
}
