#include "genc_conv_s8_dsp.h"

#include "genc_window.h"

/** Where the walk over output pixels is. */
typedef struct {
    int32_t row;           /* output row, counted through the batch */
    int32_t x;             /* output pixel of the row */
    const int8_t *from;    /* first input line that it sees, when all of them lie in the image, or NULL */
    int32_t straight;      /* lines until the ring's end */
    const int8_t *wrapped; /* the line behind them, when there is one */
} genc_conv_dsp_walk;

/** To the beginning of an output row. */
static GENC_NOINLINE void genc_conv_dsp_begin(const genc_conv_s8_dsp_params *p, const int8_t *in, int32_t row,
                                              genc_conv_dsp_walk *walk)
{
    const int32_t image = row / p->out_h, span = (p->kernel_h - 1) * p->dilation_h, held = p->in_rows_held;
    const int32_t top = (row - image * p->out_h) * p->stride_h - p->pad_top, slot = (image * p->in_h + top + p->in_rows_ahead) % held;
    const int32_t row_bytes = p->in_w * p->in_c;
    walk->row = row;
    walk->x = 0;
    walk->from = NULL;
    walk->straight = p->kernel_h;
    walk->wrapped = NULL;
    if (top < 0 || top + span >= p->in_h) return;
    walk->from = in + slot * row_bytes;
    if (slot + span >= held) {
        walk->straight = (held - 1 - slot) / p->dilation_h + 1;
        walk->wrapped = in + (slot + walk->straight * p->dilation_h - held) * row_bytes;
    }
}

/** What is not in whole fours, of some lines, from number `first` on, of `count` neighbouring pixels. */
static GENC_NOINLINE void genc_conv_dsp_rest(const genc_conv_s8_dsp_params *p, const genc_lines *lines, int32_t first,
                                             const int8_t *from, int32_t count, uint32_t *to)
{
    const int32_t bytes = p->kernel_w * p->in_c & 3, step = lines->line_step;
    from += 4 * lines->fours;
    if (lines->lines == 3 && p->kernel_h == 3 && bytes == 1) { /* 3x3, three colours */
        for (; count > 0; count--, from += lines->pixel_step, to++) {
            to[0] = genc_lanes(from[0], from[2 * step]);
            to[GENC_TILE] = genc_lanes(from[step], 0);
        }
    }
    for (; count > 0; count--, from += lines->pixel_step, to++) {
        if (p->kernel_h == 1) genc_tile_last(from, bytes, to);
        else genc_tile_rest(lines, from, bytes, to, first * bytes);
    }
}

/** A pixel that sees padding too. */
static GENC_NOINLINE void genc_conv_dsp_edge(const genc_conv_s8_dsp_params *p, const int8_t *in,
                                             const genc_conv_dsp_walk *walk, uint32_t *to, int8_t *line)
{
    const int32_t image = walk->row / p->out_h, bytes = p->kernel_w * p->in_c, row_bytes = p->in_w * p->in_c;
    const int32_t left = walk->x * p->stride_w - p->pad_left, inside = left >= 0 && left + p->kernel_w <= p->in_w;
    const genc_lines one = {bytes >> 2, 1, 0, 0};
    uint32_t *const rest = to + p->kernel_h * one.fours * (2 * GENC_TILE);
    int32_t y = (walk->row - image * p->out_h) * p->stride_h - p->pad_top, k;
    for (k = 0; k < p->kernel_h; k++, y += p->dilation_h, to += one.fours * (2 * GENC_TILE)) {
        const int8_t *from = NULL;
        if (y >= 0 && y < p->in_h) {
            from = genc_row(in, image * p->in_h + y + p->in_rows_ahead, p->in_rows_held, row_bytes);
        }
        if (inside && from != NULL) {
            from += left * p->in_c;
        } else {
            (void)genc_window_row(from, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, line);
            from = line;
        }
        if (one.fours != 0) genc_tile_expand(&one, from, to, 1);
        if ((bytes & 3) != 0) genc_conv_dsp_rest(p, &one, k, from, 1, rest);
    }
}

/** Some lines, from number `first` on, of `count` neighbouring pixels. */
static inline void genc_conv_dsp_lines(const genc_conv_s8_dsp_params *p, const genc_lines *lines, int32_t first,
                                       const int8_t *from, int32_t count, uint32_t *to)
{
    if (lines->fours != 0) genc_tile_expand(lines, from, to + first * lines->fours * (2 * GENC_TILE), count);
    if ((p->kernel_w * p->in_c & 3) != 0) {
        to += p->kernel_h * lines->fours * (2 * GENC_TILE);
        genc_conv_dsp_rest(p, lines, first, from, count, to);
    }
}

/** `count` neighbouring pixels that see no padding. */
static inline void genc_conv_dsp_inside(const genc_conv_s8_dsp_params *p, const genc_lines *lines,
                                        const genc_conv_dsp_walk *walk, int32_t count, uint32_t *to)
{
    const int32_t left = (walk->x * p->stride_w - p->pad_left) * p->in_c;
    if (walk->wrapped == NULL) {
        genc_conv_dsp_lines(p, lines, 0, walk->from + left, count, to);
    } else {
        genc_lines part = *lines;
        part.lines = walk->straight;
        genc_conv_dsp_lines(p, &part, 0, walk->from + left, count, to);
        part.lines = lines->lines - walk->straight;
        genc_conv_dsp_lines(p, &part, walk->straight, walk->wrapped + left, count, to);
    }
}

/** What the next `count` pixels see, expanded to the words from `to`. */
static void genc_conv_dsp_gather(const genc_conv_s8_dsp_params *p, const genc_lines *lines, const int8_t *in,
                                 genc_conv_dsp_walk *walk, int32_t count, uint32_t *to, int8_t *line)
{
    while (count > 0) {
        int32_t run = 1;
        if (walk->from != NULL && walk->x >= p->inside_begin && walk->x < p->inside_end) {
            run = p->inside_end - walk->x < count ? p->inside_end - walk->x : count;
            genc_conv_dsp_inside(p, lines, walk, run, to);
        } else {
            genc_conv_dsp_edge(p, in, walk, to, line);
        }
        to += run;
        count -= run;
        walk->x += run;
        if (walk->x == p->out_w) genc_conv_dsp_begin(p, in, walk->row + 1, walk);
    }
}

/** The product of up to four pixels. */
static void genc_conv_dsp_product(const genc_conv_s8_dsp_params *p, genc_tile *tile, int32_t count)
{
    int8_t *const y = tile->y;
    if (count == GENC_TILE) {
        if (p->low >= p->zero_point) genc_tile_relu_s8(tile);
        else genc_tile_s8(tile);
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
                      out, p->out_c, 2 * p->zero_point + 1};
    const genc_lines lines = {p->kernel_w * p->in_c >> 2, p->kernel_h, p->dilation_h * p->in_w * p->in_c,
                              p->stride_w * p->in_c};
    genc_conv_dsp_walk walk;
    int32_t row = row_begin, rows;
    for (; row < row_end; row += rows) {
        /* Rows that lie one after the other are one long row: no half-filled tile at the end of each. */
        const int32_t until = p->out_rows_held - (row + p->out_rows_ahead) % p->out_rows_held;
        int32_t left;
        rows = row_end - row < until ? row_end - row : until;
        left = rows * p->out_w;
        genc_conv_dsp_begin(p, in, row, &walk);
        tile.y = genc_row_out(out, row + p->out_rows_ahead, p->out_rows_held, p->out_w * p->out_c);
        for (; left > 0; left -= GENC_TILE, tile.y += GENC_TILE * p->out_c) {
            const int32_t count = left < GENC_TILE ? left : GENC_TILE;
            genc_conv_dsp_gather(p, &lines, in, &walk, count, x, line);
            genc_conv_dsp_product(p, &tile, count);
        }
    }
}
