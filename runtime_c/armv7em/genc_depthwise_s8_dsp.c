#include "genc_depthwise_s8_dsp.h"

typedef genc_depthwise_s8_dsp_params genc_planes;

/** Padding to `count` places of all planes; to those of all lines if `lines`. */
static void genc_planes_pad(const genc_planes *p, int16_t *to, int32_t count, int32_t lines)
{
    const int32_t step = lines ? p->line : p->plane, times = GENC_PLANES * p->plane / step;
    int32_t i, k;
    for (k = 0; k < times && count > 0; k++, to += step) {
        for (i = 0; i < count; i++) to[i] = (int16_t)p->pad_value;
    }
}

void genc_planes_fill(const genc_planes *p, uint32_t *to)
{
    const uint32_t pads = genc_lanes(p->pad_value, p->pad_value), *const end = to + GENC_PLANES / 2 * p->plane;
    for (; to != end; to += 4) to[0] = to[1] = to[2] = to[3] = pads;
}

genc_planes_run genc_planes_rows(const genc_planes *p, const int8_t *x, int16_t *to, int32_t rows)
{
    const int32_t row_bytes = p->in_w * p->in_c;
    const int32_t room = (p->upright ? p->plane / p->line : p->line) - p->pad_left;
    const int32_t seen = p->in_w < room ? p->in_w : room;
    genc_planes_run run;
    run.pixels.count = p->upright ? rows : seen;
    run.pixels.step = p->upright ? row_bytes : p->in_c;
    run.pixels.plane_bytes = 2 * p->plane;
    run.pixels.x_skip = (p->upright ? p->in_c : row_bytes) - run.pixels.count * run.pixels.step;
    run.pixels.to_skip = 2 * (p->line - run.pixels.count);
    run.x = x;
    run.to = to + (p->upright ? p->pad_left * p->line : p->pad_left);
    run.lines = seen <= 0 ? 0 : p->upright ? seen : rows;
    return run;
}

/** What output rows [y, y + rows) of an image see: padding at once, and up to two runs; returns how many. */
static int32_t genc_planes_runs(const genc_planes *p, const int8_t *in, int32_t image, int32_t y, int32_t rows,
                                int16_t *planes, genc_planes_run *runs)
{
    const int32_t top = y * p->stride_h - p->pad_top, row_bytes = p->in_w * p->in_c, held = p->in_rows_held;
    const int32_t count = (rows - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
    const int32_t begin = genc_clamp(-top, 0, count), end = genc_clamp(p->in_h - top, begin, count);
    const int32_t step = p->upright ? 1 : p->line; /* of a row, in the planes */
    int32_t i = begin, number = 0;
    genc_planes_pad(p, planes, begin * step, p->upright);
    genc_planes_pad(p, planes + end * step, (count - end) * step, p->upright);
    while (i < end) {
        const int32_t slot = (image * p->in_h + top + i + p->in_rows_ahead) % held, left = end - i;
        const int32_t run = left < held - slot ? left : held - slot;
        runs[number] = genc_planes_rows(p, in + slot * row_bytes, planes + i * step, run);
        if (runs[number].lines > 0) number++;
        i += run;
    }
    return number;
}

void genc_planes_gather(const genc_planes *p, const genc_planes_run *run, int32_t number, int32_t c)
{
    for (; number > 0; number--, run++) {
        if (p->in_c >= GENC_PLANES) genc_plane_take(&run->pixels, run->x + c, run->to, run->lines);
        else genc_plane_take_few(&run->pixels, run->x, run->to, run->lines, p->in_c);
    }
}

genc_plane genc_planes_begin(const genc_planes *p, int16_t *planes, int8_t *to, int32_t rows)
{
    const int32_t line = p->out_w * p->out_c;
    genc_plane plane = {planes, 0, 0, 0, 0, to, 0, 0, 0, 0, 0, 0, p->weights, p->channels, 0, 2 * p->plane,
                        2 * p->zero_point + 1};
    plane.x_line = 2 * p->line * (p->upright ? p->dilation_w : p->dilation_h);
    plane.x_row = 2 * p->line * (p->upright ? p->stride_w : p->stride_h);
    plane.count = p->upright ? rows : p->out_w;
    plane.rows = p->upright ? p->out_w : rows;
    plane.y_step = p->upright ? line : p->out_c;
    plane.y_row = p->upright ? p->out_c : line;
    return plane;
}

void genc_planes_channels(const genc_planes *p, genc_plane *plane)
{
    static void (*const functions[2][2])(genc_plane *) = {
        {genc_plane_3x3_s8, genc_plane_3x3_relu_s8}, {genc_plane_3x3_stride_2_s8, genc_plane_3x3_stride_2_relu_s8}};
    functions[(p->upright ? p->stride_h : p->stride_w) - 1][p->low >= p->zero_point](plane);
}

/** Rows [row, row + rows), which lie in one image and one after the other in memory. */
static void genc_planes_block(const genc_planes *p, const int8_t *in, int8_t *out, int16_t *planes, int32_t row,
                              int32_t rows)
{
    const int32_t image = row / p->out_h, y = row - image * p->out_h, line = p->out_w * p->out_c;
    int8_t *const to = genc_row_out(out, row + p->out_rows_ahead, p->out_rows_held, line);
    genc_plane plane = genc_planes_begin(p, planes, to, rows);
    genc_planes_run runs[2]; /* as many as a ring makes of rows that it holds */
    const int32_t number = genc_planes_runs(p, in, image, y, rows, planes, runs);
    int32_t c;
    for (c = 0; c < p->in_c; c += GENC_PLANES) {
        /* The last four channels may overlap those before, of which the input is still there. */
        const int32_t most = p->in_c - GENC_PLANES, first = c > most && most >= 0 ? most : c;
        genc_planes_gather(p, runs, number, first);
        plane.x = planes + (c - first) * p->plane;
        plane.channels = p->in_c - c < GENC_PLANES ? p->in_c - c : GENC_PLANES;
        genc_planes_channels(p, &plane);
    }
    if (p->low > -128 || p->high < 127) genc_dsp_clamp(to, rows * line, p->low, p->high);
}

void genc_depthwise_s8_dsp(const genc_depthwise_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    int32_t row = row_begin;
    genc_planes_fill(p, (uint32_t *)scratch);
    while (row < row_end) {
        const int32_t image_left = p->out_h - row % p->out_h, held = p->out_rows_held;
        const int32_t ring_left = held - (row + p->out_rows_ahead) % held;
        int32_t rows = row_end - row < p->block ? row_end - row : p->block;
        if (rows > image_left) rows = image_left;
        if (rows > ring_left) rows = ring_left;
        genc_planes_block(p, in, out, (int16_t *)scratch, row, rows);
        row += rows;
    }
}
