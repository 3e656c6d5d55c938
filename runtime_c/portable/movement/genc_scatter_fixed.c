#include "genc_scatter_fixed.h"

void genc_scatter_fixed(const genc_scatter_fixed_params *p, const void *updates, void *y, int32_t row_begin,
                        int32_t row_end)
{
    genc_scatter(p, p->constant, updates, y, row_begin, row_end);
}
