#include "genc_average_pool_s8.h"

#define BLOCK 16 /* channels summed at a time, on the stack */

/* Means of `count` channels of the window of rows [top, bottom) and columns [left, right). */
static void average_window(const genc_average_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t count,
                           const int32_t rows[2], const int32_t columns[2])
{
    const int32_t area = (rows[1] - rows[0]) * (columns[1] - columns[0]);
    int32_t sum[BLOCK] = {0};
    for (int32_t r = rows[0]; r < rows[1]; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->in_w * p->channels) + columns[0] * p->channels;
        for (int32_t w = columns[0]; w < columns[1]; w++, in += p->channels)
            for (int32_t c = 0; c < count; c++) sum[c] += in[c];
    }
    for (int32_t c = 0; c < count; c++) {
        const int32_t half = sum[c] < 0 ? -(area / 2) : area / 2;
        y[c] = (int8_t)genc_clamp((sum[c] + half) / area, p->low, p->high);
    }
}

void genc_average_pool_s8(const genc_average_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
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
            for (int32_t c = 0; c < p->channels; c += BLOCK)
                average_window(p, x + c, out + c, p->channels - c < BLOCK ? p->channels - c : BLOCK, rows, columns);
        }
    }
}
