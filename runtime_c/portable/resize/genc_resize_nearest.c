#include "genc_resize_nearest.h"

void genc_resize_nearest(const genc_resize_nearest_params *p, const void *x, void *y, int32_t row_begin,
                         int32_t row_end)
{
    const int32_t bytes = p->pixel_bytes;
    for (int32_t r = row_begin; r < row_end; r++) {
        const int32_t x_row = r / p->out_h * p->in_h + p->rows[r % p->out_h];
        const int8_t *in = genc_row(x, x_row, p->x_held, p->in_w * bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * bytes);
        for (int32_t w = 0; w < p->out_w; w++, out += bytes) memcpy(out, in + p->columns[w] * bytes, (size_t)bytes);
    }
}
