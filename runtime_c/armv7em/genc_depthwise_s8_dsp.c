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

/** Padding to all places of all planes, an even number each. */
static void genc_planes_fill(const genc_planes *p, uint32_t *to)
{
    const uint32_t pads = genc_lanes(p->pad_value, p->pad_value), *const end = to + GENC_PLANES / 2 * p->plane;
    for (; to != end; to += 4) to[0] = to[1] = to[2] = to[3] = pads;
}

/** `rows` rows that lie one after the other, to their place in the planes. */
static void genc_planes_rows(const genc_planes *p, const int8_t *x, int16_t *to, int32_t rows)
{
    const int32_t row_bytes = p->in_w * p->in_c;
    const int32_t room = (p->upright ? p->plane / p->line : p->line) - p->pad_left;
    const int32_t seen = p->in_w < room ? p->in_w : room, lines = p->upright ? seen : rows;
    genc_pixels pixels;
    pixels.count = p->upright ? rows : seen;
    pixels.step = p->upright ? row_bytes : p->in_c;
    pixels.plane_bytes = 2 * p->plane;
    pixels.x_skip = (p->upright ? p->in_c : row_bytes) - pixels.count * pixels.step;
    pixels.to_skip = 2 * (p->line - pixels.count);
    if (seen <= 0) return;
    to += p->upright ? p->pad_left * p->line : p->pad_left;
    if (p->in_c >= GENC_PLANES) genc_plane_take(&pixels, x, to, lines);
    else genc_plane_take_few(&pixels, x, to, lines, p->in_c);
}

/** Four channels from `in` on, of what output rows [y, y + rows) of an image see; `pad`: with what is padding. */
static void genc_planes_gather(const genc_planes *p, const int8_t *in, int32_t image, int32_t y, int32_t rows,
                               int16_t *planes, int32_t pad)
{
    const int32_t top = y * p->stride_h - p->pad_top, row_bytes = p->in_w * p->in_c, held = p->in_rows_held;
    const int32_t count = (rows - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
    const int32_t begin = genc_clamp(-top, 0, count), end = genc_clamp(p->in_h - top, begin, count);
    const int32_t step = p->upright ? 1 : p->line; /* of a row, in the planes */
    int32_t i = begin;
    if (pad) {
        genc_planes_pad(p, planes, begin * step, p->upright);
        genc_planes_pad(p, planes + end * step, (count - end) * step, p->upright);
    }
    while (i < end) {
        const int32_t slot = (image * p->in_h + top + i) % held, left = end - i;
        const int32_t run = left < held - slot ? left : held - slot;
        genc_planes_rows(p, in + slot * row_bytes, planes + i * step, run);
        i += run;
    }
}

/** Rows [row, row + rows), which lie in one image and one after the other in memory. */
static void genc_planes_block(const genc_planes *p, const int8_t *in, int8_t *out, int16_t *planes, int32_t row,
                              int32_t rows)
{
    const int32_t image = row / p->out_h, y = row - image * p->out_h, line = p->out_w * p->out_c;
    static void (*const functions[2][2])(genc_plane *) = {
        {genc_plane_3x3_s8, genc_plane_3x3_relu_s8}, {genc_plane_3x3_stride_2_s8, genc_plane_3x3_stride_2_relu_s8}};
    int8_t *const to = genc_row_out(out, row, p->out_rows_held, line);
    genc_plane plane = {planes, 0, 0, 0, 0, to, 0, 0, 0, 0, 0, 0, p->weights, p->channels, 0, 2 * p->plane,
                        2 * p->zero_point + 1};
    int32_t c;
    plane.x_line = 2 * p->line * (p->upright ? p->dilation_w : p->dilation_h);
    plane.x_row = 2 * p->line * (p->upright ? p->stride_w : p->stride_h);
    plane.count = p->upright ? rows : p->out_w;
    plane.rows = p->upright ? p->out_w : rows;
    plane.y_step = p->upright ? line : p->out_c;
    plane.y_row = p->upright ? p->out_c : line;
    for (c = 0; c < p->in_c; c += GENC_PLANES) {
        /* The last four channels may overlap those before, of which the input is still there. */
        const int32_t most = p->in_c - GENC_PLANES, first = c > most && most >= 0 ? most : c;
        genc_planes_gather(p, in + first, image, y, rows, planes, c == 0);
        plane.x = planes + (c - first) * p->plane;
        plane.channels = p->in_c - c < GENC_PLANES ? p->in_c - c : GENC_PLANES;
        functions[(p->upright ? p->stride_h : p->stride_w) - 1][p->low >= p->zero_point](&plane);
    }
    if (p->low > -128 || p->high < 127) genc_dsp_clamp(to, rows * line, p->low, p->high);
}

void genc_depthwise_s8_dsp(const genc_depthwise_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    int32_t row = row_begin;
    genc_planes_fill(p, (uint32_t *)scratch);
    while (row < row_end) {
        const int32_t image_left = p->out_h - row % p->out_h, ring_left = p->out_rows_held - row % p->out_rows_held;
        int32_t rows = row_end - row < p->block ? row_end - row : p->block;
        if (rows > image_left) rows = image_left;
        if (rows > ring_left) rows = ring_left;
        genc_planes_block(p, in, out, (int16_t *)scratch, row, rows);
        row += rows;
    }
}
