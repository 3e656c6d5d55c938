#include "genc_update_slice.h"

#include "genc_index.h"
#include "genc_strided_copy.h"

void genc_update_slice(const genc_update_slice_params *p, const void *update, const void *start, void *y,
                       int32_t row_begin, int32_t row_end)
{
    if (row_begin >= row_end) return;
    const int32_t offset = genc_index(p->axes, p->depth, (const int8_t *)start, p->index_bytes);
    genc_strided_copy((int8_t *)y + offset, (const int8_t *)update, p->block, p->rank, p->dims);
}
