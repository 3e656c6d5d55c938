#include "genc_gather_table.h"

void genc_gather_table(const genc_gather_table_params *p, const void *indices, void *y, int32_t row_begin, int32_t row_end)
{
    genc_gather(p, p->constant, indices, y, row_begin, row_end);
}
