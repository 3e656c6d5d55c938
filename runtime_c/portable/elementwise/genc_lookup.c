#include "genc_lookup.h"

void genc_lookup(const genc_lookup_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    const uint8_t *table = p->table; /* copied: through p, it would be loaded again after every byte written */
    for (int32_t r = row_begin; r < row_end; r++) {
        const uint8_t *in = (const uint8_t *)genc_row(x, r, p->x_held, p->row_bytes);
        const uint8_t *const end = in + p->row_bytes, *const fours = in + (p->row_bytes & ~3);
        uint8_t *out = (uint8_t *)genc_row_out(y, r, p->y_held, p->row_bytes);
        for (; in != fours; in += 4, out += 4) { /* x may be y: four are read before four are written */
            const uint8_t a = table[in[0]], b = table[in[1]], c = table[in[2]], d = table[in[3]];
            out[0] = a;
            out[1] = b;
            out[2] = c;
            out[3] = d;
        }
        while (in != end) *out++ = table[*in++];
    }
}
