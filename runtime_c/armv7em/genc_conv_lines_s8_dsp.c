#include "genc_conv_lines_s8_dsp.h"

#include "genc_tile_parts_s8.h"
#include "genc_window.h"

/** A part of a line, of four pixels from column `left` on, to the words of a tile. */
static void genc_conv_lines_gather(const genc_conv_lines_s8_dsp_params *p, const int8_t *row, int32_t left,
                                   int32_t part, uint32_t *to, int8_t *line)
{
    const int32_t bytes = p->kernel_w * p->in_c / p->parts, last = p->in_w - p->kernel_w;
    const genc_lines lines = {bytes >> 2, 1, 0, p->stride_w * p->in_c};
    int32_t pixel = 0;
    while (pixel < GENC_TILE) {
        int32_t run = 0;
        if (row != NULL && left >= 0) {
            while (pixel + run < GENC_TILE && left + run * p->stride_w <= last) run++;
        }
        if (run != 0) {
            genc_tile_expand(&lines, row + left * p->in_c + part * bytes, to + pixel, run);
        } else {
            run = 1;
            (void)genc_window_row(row, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, line);
            genc_tile_expand(&lines, line + part * bytes, to + pixel, 1);
        }
        pixel += run;
        left += run * p->stride_w;
    }
}

void genc_conv_lines_s8_dsp(const genc_conv_lines_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                            int32_t row_begin, int32_t row_end)
{
    const int32_t inputs = p->kernel_w * p->in_c / p->parts, row_bytes = p->out_w * p->out_c;
    const int8_t *rows[GENC_DIRECT_LINES];
    int32_t *const sums = (int32_t *)scratch;
    uint32_t *const x = (uint32_t *)scratch + p->pair_count * (2 * GENC_TILE);
    int8_t *const line = (int8_t *)(x + inputs / 2 * GENC_TILE);
    genc_tile tile = {x, x + inputs / 2 * GENC_TILE, p->weights, p->pairs, p->pairs + p->pair_count * GENC_PAIR_SIZE,
                      out, p->out_c, 2 * p->zero_point + 1};
    int32_t row, i, k, part;
    for (row = row_begin; row < row_end; row++) {
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, row_bytes);
        (void)genc_conv_direct_rows(p, in, row, rows);
        tile.y = y;
        for (i = 0; i < p->out_w; i += GENC_TILE, tile.y += GENC_TILE * p->out_c) {
            genc_tile_begin_s8(&tile, sums);
            tile.weights = p->weights;
            for (k = 0; k < p->kernel_h; k++) {
                for (part = 0; part < p->parts; part++) {
                    genc_conv_lines_gather(p, rows[k], i * p->stride_w - p->pad_left, part, x, line);
                    genc_tile_add_s8(&tile, sums);
                    tile.weights += p->pair_count * (inputs / 2);
                }
            }
            if (p->low >= p->zero_point) genc_tile_end_relu_s8(&tile, sums);
            else genc_tile_end_s8(&tile, sums);
        }
        if (p->low > -128 || p->high < 127) genc_dsp_clamp(y, row_bytes, p->low, p->high);
    }
}
