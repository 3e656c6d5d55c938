#include "genc_gather.h"

#include "genc_index.h"

void genc_gather(const genc_gather_params *p, const void *x, const void *indices, void *y, int32_t row_begin,
                 int32_t row_end)
{
    const int8_t *in = (const int8_t *)x, *tuples = (const int8_t *)indices;
    const int32_t tuple_bytes = p->depth * p->index_bytes;
    int8_t *out = (int8_t *)y;
    if (row_begin >= row_end) return;
    for (int32_t b = 0; b < p->batches; b++, tuples += p->positions * tuple_bytes)
        for (int32_t o = 0; o < p->outers; o++)
            for (int32_t i = 0; i < p->positions; i++, out += p->block) {
                const int32_t start = b * p->x_batch_bytes + o * p->x_outer_bytes;
                const int8_t *tuple = tuples + i * tuple_bytes;
                memcpy(out, in + start + genc_index(p->axes, p->depth, tuple, p->index_bytes), (size_t)p->block);
            }
}
