#include "genc_scatter_constant.h"

void genc_scatter_constant(const genc_scatter_constant_params *p, const void *indices, void *y, int32_t row_begin,
                        int32_t row_end)
{
    genc_scatter(p, indices, p->constant, y, row_begin, row_end);
}
