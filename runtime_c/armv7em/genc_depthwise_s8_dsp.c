#include "genc_depthwise_s8_dsp.h"

typedef genc_depthwise_s8_dsp_params genc_planes;

/** Up to four channels of a pixel. */
static inline uint32_t genc_planes_load(const genc_planes *p, const int8_t *x)
{
    uint32_t v = 0;
    if (p->in_c >= GENC_PLANES) return genc_load4(x);
    memcpy(&v, x, (size_t)p->in_c);
    return v;
}

/** A pixel to the same place of all planes. */
static inline void genc_planes_set(const genc_planes *p, uint32_t v, int16_t *to)
{
    const uint32_t even = genc_even_bytes(v), odd = genc_odd_bytes(v);
    to[0] = (int16_t)genc_low(even);
    to[p->plane] = (int16_t)genc_low(odd);
    to[2 * p->plane] = (int16_t)genc_high(even);
    to[3 * p->plane] = (int16_t)genc_high(odd);
}

/** Two neighbours, to an even place. */
static inline void genc_planes_set_two(uint32_t v, uint32_t w, uint32_t *to, int32_t plane_words)
{
    const uint32_t even = genc_even_bytes(v), odd = genc_odd_bytes(v);
    const uint32_t even_w = genc_even_bytes(w), odd_w = genc_odd_bytes(w);
    uint32_t *const far = to + 2 * plane_words;
    to[0] = genc_low_lanes(even, even_w);
    to[plane_words] = genc_low_lanes(odd, odd_w);
    far[0] = genc_high_lanes(even, even_w);
    far[plane_words] = genc_high_lanes(odd, odd_w);
}

/** `count` pixels in_c bytes apart to neighbouring places from `at`. */
static void genc_planes_line(const genc_planes *p, const int8_t *x, int16_t *to, int32_t at, int32_t count)
{
    const int32_t step = p->in_c, plane_words = p->plane / 2;
    const int8_t *end;
    uint32_t *words;
    if ((at & 1) != 0 && count > 0) {
        genc_planes_set(p, genc_planes_load(p, x), to + at);
        x += step;
        at++;
        count--;
    }
    words = (uint32_t *)(void *)(to + at);
    end = x + (count & ~1) * step;
    if (step >= GENC_PLANES) {
        for (; x != end; x += 2 * step) {
            genc_planes_set_two(genc_load4(x), genc_load4(x + step), words++, plane_words);
        }
    } else {
        for (; x != end; x += 2 * step) {
            genc_planes_set_two(genc_planes_load(p, x), genc_planes_load(p, x + step), words++, plane_words);
        }
    }
    if ((count & 1) != 0) genc_planes_set(p, genc_planes_load(p, x), to + at + count - 1);
}

/** Padding to `count` places of all planes. */
static void genc_planes_pad(const genc_planes *p, int16_t *to, int32_t count)
{
    int32_t plane, i;
    for (plane = 0; plane < GENC_PLANES; plane++, to += p->plane) {
        for (i = 0; i < count; i++) to[i] = (int16_t)p->pad_value;
    }
}

/** Four channels from `in` on, of what output rows [y, y + rows) of an image see; lines along the width. */
static void genc_planes_gather(const genc_planes *p, const int8_t *in, int32_t image, int32_t y, int32_t rows,
                               int16_t *planes)
{
    const int32_t top = y * p->stride_h - p->pad_top, room = p->line - p->pad_left;
    const int32_t lines = (rows - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
    const int32_t count = p->in_w < room ? p->in_w : room;
    int32_t i;
    for (i = 0; i < lines; i++, planes += p->line) {
        if (top + i < 0 || top + i >= p->in_h) {
            genc_planes_pad(p, planes, p->line);
        } else {
            const int8_t *const x = genc_row(in, image * p->in_h + top + i, p->in_rows_held, p->in_w * p->in_c);
            genc_planes_line(p, x, planes, p->pad_left, count);
        }
    }
}

/** The same; lines along the height. */
static void genc_planes_gather_upright(const genc_planes *p, const int8_t *in, int32_t image, int32_t y, int32_t rows,
                                       int16_t *planes)
{
    const int32_t top = y * p->stride_h - p->pad_top, count = (rows - 1) * p->stride_h + p->kernel_h;
    int32_t i, x;
    for (i = 0; i < count; i++) {
        const int32_t line = top + i, inside = line >= 0 && line < p->in_h;
        const int8_t *from = in;
        if (inside) from = genc_row(in, image * p->in_h + line, p->in_rows_held, p->in_w * p->in_c);
        for (x = 0; x < p->in_w; x++, from += p->in_c) {
            if (inside) genc_planes_set(p, genc_planes_load(p, from), planes + x * p->line + i);
            else genc_planes_pad(p, planes + x * p->line + i, 1);
        }
    }
}

/** Weights of `count` lines to lanes of neighbouring taps. */
static void genc_planes_weights(const int8_t *w, int32_t count, int32_t words, uint32_t *to)
{
    int32_t line, i;
    for (line = 0; line < count; line++) {
        for (i = 0; i < words; i += 2, w += 4) {
            const uint32_t v = genc_load4(w), even = genc_even_bytes(v), odd = genc_odd_bytes(v);
            *to++ = genc_low_lanes(even, odd);
            if (i + 1 < words) *to++ = genc_high_lanes(even, odd);
        }
    }
}

/** Weights of 3x3 as genc_plane has them. */
static void genc_planes_three(const int8_t *w, uint32_t *to)
{
    int32_t line;
    for (line = 0; line < GENC_PLANE_KERNEL; line++, w += 4, to += 2) {
        const uint32_t v = genc_double_lanes(genc_even_bytes(genc_load4(w)));
        const uint32_t mid = genc_double_lanes(genc_odd_bytes(genc_load4(w)));
        to[0] = genc_low_lanes(v, mid);
        to[1] = genc_low_high(mid, v);
    }
}

/** One channel of the block that `plane` says. */
static void genc_planes_channel(const genc_planes *p, genc_plane *plane, int32_t channel, uint32_t *weights)
{
    const int32_t lines = p->upright ? 1 : p->kernel_h, stride = p->upright ? p->stride_h : p->stride_w;
    const int8_t *const w = p->weights + channel * lines * ((p->words + 1) & ~1) * 2;
    const int32_t *const constants = p->channels + channel * GENC_PLANE_SIZE;
    const int32_t shift = constants[GENC_PLANE_SHIFT];
    plane->bias = constants[GENC_PLANE_BIAS];
    plane->multiplier = constants[GENC_PLANE_MULTIPLIER];
    plane->add = (2 * p->zero_point + 1) * (1 << shift) >> 1;
    plane->shift = shift;
    if (p->three) {
        plane->bias *= 2;
        genc_planes_three(w, plane->weights);
        if (stride != 1) genc_plane_3x3_stride_2_s8(plane);
        else if (p->low >= p->zero_point) genc_plane_3x3_relu_s8(plane);
        else genc_plane_3x3_s8(plane);
    } else {
        genc_planes_weights(w, lines, p->words, weights);
        genc_plane_any_s8(plane, weights, lines, p->words, stride);
    }
}

/** Rows [row, row + rows), which lie in one image and one after the other in memory. */
static void genc_planes_block(const genc_planes *p, const int8_t *in, int8_t *out, int16_t *planes, int32_t row,
                              int32_t rows)
{
    const int32_t image = row / p->out_h, y = row - image * p->out_h, line = p->out_w * p->out_c;
    int8_t *const to = genc_row_out(out, row, p->out_rows_held, line);
    genc_plane plane = {planes, 2 * p->dilation_h * p->line, 2 * p->stride_h * p->line, p->out_w, rows, to, p->out_c,
                        line, 0, 0, 0, 0, {0, 0, 0, 0, 0, 0}};
    int32_t c, i;
    if (p->upright) {
        plane.x_row = 2 * p->line;
        plane.count = rows;
        plane.rows = p->out_w;
        plane.y_step = line;
        plane.y_row = p->out_c;
    }
    for (c = 0; c < p->in_c; c += GENC_PLANES) {
        /* The last four channels may overlap those before, of which the input is still there. */
        const int32_t most = p->in_c - GENC_PLANES, first = c > most && most >= 0 ? most : c;
        if (p->upright) genc_planes_gather_upright(p, in + first, image, y, rows, planes);
        else genc_planes_gather(p, in + first, image, y, rows, planes);
        for (i = c; i < c + GENC_PLANES && i < p->in_c; i++) {
            plane.x = planes + (i - first) * p->plane;
            plane.y = to + i;
            genc_planes_channel(p, &plane, i, (uint32_t *)(void *)(planes + GENC_PLANES * p->plane));
        }
    }
    if (p->low > -128 || p->high < 127) genc_dsp_clamp(to, rows * line, p->low, p->high);
}

void genc_depthwise_s8_dsp(const genc_depthwise_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    int32_t row = row_begin;
    genc_planes_pad(p, (int16_t *)scratch, p->plane);
    while (row < row_end) {
        const int32_t image_left = p->out_h - row % p->out_h, ring_left = p->out_rows_held - row % p->out_rows_held;
        int32_t rows = row_end - row < p->block ? row_end - row : p->block;
        if (rows > image_left) rows = image_left;
        if (rows > ring_left) rows = ring_left;
        genc_planes_block(p, in, out, (int16_t *)scratch, row, rows);
        row += rows;
    }
}
