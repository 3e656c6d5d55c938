#include "genc_resize_bilinear_s16.h"

#define ONE 1024

/* a * (1 - weight) + b * weight in Q10. */
static int64_t blend(int64_t a, int64_t b, int32_t weight)
{
    return a * (ONE - weight) + b * weight;
}

/* value / 2^20, ties away from zero. */
static int16_t rounded(int64_t value)
{
    return (int16_t)((value + (1 << 19) - (value < 0 ? 1 : 0)) >> 20);
}

/* One pixel: `x` holds the pixels above left, above right, below left and below right. */
static void blend_pixel(const int16_t *const x[4], int32_t right, int32_t below, int32_t channels, int16_t *y)
{
    for (int32_t c = 0; c < channels; c++)
        y[c] = rounded(blend(blend(x[0][c], x[1][c], right), blend(x[2][c], x[3][c], right), below));
}

void genc_resize_bilinear_s16(const genc_resize_bilinear_s16_params *p, const void *x, void *y, int32_t row_begin,
                              int32_t row_end)
{
    const int32_t row_bytes = p->in_w * p->channels * 2;
    for (int32_t r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->out_h * p->in_h;
        const int32_t *row = p->rows + 3 * (r % p->out_h);
        const int16_t *above = (const int16_t *)(const void *)genc_row(x, image + row[0], p->x_held, row_bytes);
        const int16_t *below = (const int16_t *)(const void *)genc_row(x, image + row[1], p->x_held, row_bytes);
        int16_t *out = (int16_t *)(void *)genc_row_out(y, r, p->y_held, p->out_w * p->channels * 2);
        for (int32_t w = 0; w < p->out_w; w++, out += p->channels) {
            const int32_t *column = p->columns + 3 * w;
            const int32_t left = column[0] * p->channels, right = column[1] * p->channels;
            const int16_t *const sources[4] = {above + left, above + right, below + left, below + right};
            blend_pixel(sources, column[2], row[2], p->channels, out);
        }
    }
}
