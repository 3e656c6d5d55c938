#include "genc_conv_s8_dsp.h"

#include "genc_window.h"

/** What output pixel (row, x) sees, expanded to the words from `to`; rows count through the batch. */
static void genc_conv_dsp_gather(const genc_conv_s8_dsp_params *p, const int8_t *in, int32_t row, int32_t x,
                                 uint32_t *to, int8_t *line)
{
    const int32_t image = row / p->out_h, left = x * p->stride_w - p->pad_left;
    const int32_t inside = left >= 0 && left + p->kernel_w <= p->in_w;
    const int32_t bytes = p->kernel_w * p->in_c, row_bytes = p->in_w * p->in_c, fours = bytes & ~3;
    uint32_t *const last = to + p->kernel_h * (fours / 2) * GENC_TILE;
    int32_t y = (row - image * p->out_h) * p->stride_h - p->pad_top, index = 0, k, i;
    for (k = 0; k < p->kernel_h; k++, y += p->dilation_h) {
        const int8_t *from = NULL;
        if (y >= 0 && y < p->in_h) from = genc_row(in, image * p->in_h + y, p->in_rows_held, row_bytes);
        if (inside && from != NULL) {
            from += left * p->in_c;
        } else {
            (void)genc_window_row(from, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, line);
            from = line;
        }
        to = genc_tile_expand(from, fours, to);
        for (i = fours; i < bytes; i++) genc_tile_set(last, index++, from[i]);
    }
}

/** Pixels of a 1x1 convolution, `step` bytes apart. */
static void genc_conv_dsp_read(const int8_t *from, int32_t step, int32_t in_c, int32_t count, uint32_t *to)
{
    const int32_t fours = in_c & ~3;
    int32_t i, k;
    for (i = 0; i < count; i++, from += step) {
        uint32_t *const last = genc_tile_expand(from, fours, to + i);
        for (k = fours; k < in_c; k++) genc_tile_set(last, k - fours, from[k]);
    }
}

/** The product of up to four pixels. */
static void genc_conv_dsp_product(const genc_conv_s8_dsp_params *p, genc_tile *tile, int32_t count)
{
    int8_t *const y = tile->y;
    if (count == GENC_TILE) {
        genc_tile_s8(tile);
        if (p->alone) genc_tile_alone_s8(tile);
    } else {
        genc_tile pixel = *tile;
        int32_t i;
        for (i = 0; i < count; i++, pixel.x++, pixel.x_end++, pixel.y += p->out_c) genc_tile_pixel_s8(&pixel, p->alone);
    }
    if (p->low > -128 || p->high < 127) genc_dsp_clamp(y, count * p->out_c, p->low, p->high);
}

void genc_conv_s8_dsp(const genc_conv_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    uint32_t *const x = (uint32_t *)scratch;
    int8_t *const line = (int8_t *)scratch + 8 * p->inputs;
    genc_tile tile = {x, x + p->inputs / 2 * GENC_TILE, p->weights, p->pairs, p->pairs + p->pair_count * GENC_PAIR_SIZE,
                      out, p->out_c, 2 * p->zero_point + 1, p->inputs >> 2 & 1};
    /* Rows that lie one after the other are one long row: no half-filled tile at the end of each. */
    const int32_t whole = row_end <= p->out_rows_held &&
                          (!p->direct || (p->stride_w == 1 && p->stride_h == 1 && row_end <= p->in_rows_held));
    const int32_t step = whole ? row_end - row_begin : 1, x_step = p->stride_w * p->in_c;
    int32_t row, i, j;
    for (row = row_begin; row < row_end; row += step) {
        const int32_t image = row / p->out_h, first = image * p->in_h + (row - image * p->out_h) * p->stride_h;
        const int8_t *from = genc_row(in, first, p->in_rows_held, p->in_w * p->in_c);
        int32_t left = step * p->out_w, at = row, column = 0;
        tile.y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        for (; left > 0; left -= GENC_TILE, from += GENC_TILE * x_step, tile.y += GENC_TILE * p->out_c) {
            const int32_t count = left < GENC_TILE ? left : GENC_TILE;
            if (p->direct) genc_conv_dsp_read(from, x_step, p->in_c, count, x);
            for (j = 0, i = p->direct ? count : 0; i < count; i++, j++) {
                genc_conv_dsp_gather(p, in, at, column, x + j, line);
                if (++column == p->out_w) {
                    column = 0;
                    at++;
                }
            }
            genc_conv_dsp_product(p, &tile, count);
        }
    }
}
