#include "genc_gather.h"

/* Byte offset of the block that a tuple of indices names. */
static int32_t block_offset(const genc_gather_params *p, const int8_t *tuple)
{
    int32_t offset = 0;
    for (int32_t k = 0; k < p->depth; k++) {
        const void *at = tuple + k * p->index_bytes;
        const int32_t size = p->axes[2 * k], step = p->axes[2 * k + 1];
        const int64_t index = p->index_bytes == 8   ? *(const int64_t *)at
                              : p->index_bytes == 4 ? *(const int32_t *)at
                                                    : *(const int16_t *)at;
        offset += (index < 0 ? 0 : index < size ? (int32_t)index : size - 1) * step;
    }
    return offset;
}

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
                memcpy(out, in + start + block_offset(p, tuples + i * tuple_bytes), (size_t)p->block);
            }
}
