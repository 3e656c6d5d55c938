#include "genc_resize_bilinear_s8.h"

#include "genc_requantize.h"

#define ONE 1024u

/* a * (1 - weight) + b * weight in Q10.  Modulo 2^32: weights at the borders may be large, their sum never is. */
static uint32_t blend(uint32_t a, uint32_t b, uint32_t weight)
{
    return a * (ONE - weight) + b * weight;
}

/* One pixel: `x` holds the pixels above left, above right, below left and below right. */
static void blend_pixel(const int8_t *const x[4], uint32_t right, uint32_t below, int32_t channels, int8_t *y)
{
    const int8_t *above_left = x[0], *above_right = x[1], *below_left = x[2], *below_right = x[3];
    for (int32_t c = 0; c < channels; c++) {
        const uint32_t top = blend((uint32_t)above_left[c], (uint32_t)above_right[c], right);
        const uint32_t bottom = blend((uint32_t)below_left[c], (uint32_t)below_right[c], right);
        y[c] = (int8_t)genc_shift_right((int32_t)blend(top, bottom, below), 20);
    }
}

void genc_resize_bilinear_s8(const genc_resize_bilinear_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                             int32_t row_end)
{
    const int32_t row_bytes = p->in_w * p->channels;
    for (int32_t r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->out_h * p->in_h;
        const int32_t *row = p->rows + 3 * (r % p->out_h);
        const int8_t *above = genc_row(x, image + row[0], p->x_held, row_bytes);
        const int8_t *below = genc_row(x, image + row[1], p->x_held, row_bytes);
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (int32_t w = 0; w < p->out_w; w++, out += p->channels) {
            const int32_t *column = p->columns + 3 * w;
            const int32_t left = column[0] * p->channels, right = column[1] * p->channels;
            const int8_t *const sources[4] = {above + left, above + right, below + left, below + right};
            blend_pixel(sources, (uint32_t)column[2], (uint32_t)row[2], p->channels, out);
        }
    }
}
