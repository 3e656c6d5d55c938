#include "genc_top_k.h"

static void write_index(int8_t *indices, int32_t index_bytes, int32_t place, int32_t index)
{
    if (index_bytes == 8)
        ((int64_t *)(void *)indices)[place] = index;
    else
        ((int32_t *)(void *)indices)[place] = index;
}

/* Makes room for element `index` among the `found` best, and puts it there. */
static void insert(const genc_top_k_params *p, const int8_t *element, int32_t index, int32_t found, int8_t *values,
                   int8_t *indices)
{
    int32_t place = found;
    while (place > 0 && p->better(element, values + (place - 1) * p->bytes)) place--;
    if (place == p->k) return;
    const int32_t after = (found < p->k ? found : p->k - 1) - place;
    memmove(values + (place + 1) * p->bytes, values + place * p->bytes, (size_t)(after * p->bytes));
    memmove(indices + (place + 1) * p->index_bytes, indices + place * p->index_bytes, (size_t)(after * p->index_bytes));
    memcpy(values + place * p->bytes, element, (size_t)p->bytes);
    write_index(indices, p->index_bytes, place, index);
}

void genc_top_k(const genc_top_k_params *p, const void *x, void *values, void *indices, int32_t row_begin,
                int32_t row_end)
{
    for (int32_t row = row_begin; row < row_end; row++) {
        const int8_t *in = genc_row(x, row, p->x_held, p->depth * p->bytes);
        int8_t *best = genc_row_out(values, row, p->y_held, p->k * p->bytes);
        int8_t *where = genc_row_out(indices, row, p->indices_held, p->k * p->index_bytes);
        for (int32_t i = 0; i < p->depth; i++) insert(p, in + i * p->bytes, i, i < p->k ? i : p->k, best, where);
    }
}
