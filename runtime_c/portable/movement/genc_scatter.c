#include "genc_scatter.h"

#include "genc_index.h"

void genc_scatter(const genc_scatter_params *p, const void *indices, const void *updates, void *y, int32_t row_begin,
                  int32_t row_end)
{
    const int8_t *tuple = (const int8_t *)indices, *update = (const int8_t *)updates;
    if (row_begin >= row_end) return;
    for (int32_t i = 0; i < p->tuples; i++) {
        p->combine((int8_t *)y + genc_index(p->axes, p->depth, tuple, p->index_bytes), update, p->block, p->bytes);
        tuple += p->depth * p->index_bytes;
        update += p->block * p->bytes;
    }
}
