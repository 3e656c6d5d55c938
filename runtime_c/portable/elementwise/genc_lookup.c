#include "genc_lookup.h"

void genc_lookup(const genc_lookup_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    const uint8_t *table = p->table; /* copied: through p, it would be loaded again after every byte written */
    for (int32_t r = row_begin; r < row_end; r++) {
        const uint8_t *in = (const uint8_t *)genc_row(x, r, p->x_held, p->row_bytes);
        const uint8_t *end = in + p->row_bytes;
        uint8_t *out = (uint8_t *)genc_row_out(y, r, p->y_held, p->row_bytes);
        while (in < end) *out++ = table[*in++];
    }
}
