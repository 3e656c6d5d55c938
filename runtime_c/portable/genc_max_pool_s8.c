#include "genc_max_pool_s8.h"

/* Largest elements of the window of rows [top, bottom) and columns [left, right), channel by channel. */
static void max_window(const genc_max_pool_s8_params *p, const int8_t *x, int8_t *y, const int32_t rows[2],
                       const int32_t columns[2])
{
    memset(y, p->low, (size_t)p->channels);
    for (int32_t r = rows[0]; r < rows[1]; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->in_w * p->channels) + columns[0] * p->channels;
        for (int32_t w = columns[0]; w < columns[1]; w++, in += p->channels)
            for (int32_t c = 0; c < p->channels; c++)
                if (in[c] > y[c]) y[c] = in[c];
    }
    if (p->high < INT8_MAX)
        for (int32_t c = 0; c < p->channels; c++) y[c] = (int8_t)(y[c] > p->high ? p->high : y[c]);
}

void genc_max_pool_s8(const genc_max_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                      int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->out_h * p->in_h;
        const int32_t top = r % p->out_h * p->stride_h - p->pad_top;
        const int32_t rows[2] = {image + genc_clamp(top, 0, p->in_h), image + genc_clamp(top + p->kernel_h, 0, p->in_h)};
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (int32_t w = 0; w < p->out_w; w++, out += p->channels) {
            const int32_t left = w * p->stride_w - p->pad_left;
            const int32_t columns[2] = {genc_clamp(left, 0, p->in_w), genc_clamp(left + p->kernel_w, 0, p->in_w)};
            max_window(p, x, out, rows, columns);
        }
    }
}
