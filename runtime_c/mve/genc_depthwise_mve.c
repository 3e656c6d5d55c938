#include "genc_depthwise_mve.h"

/**
 * What runs of pixels go by.  A kernel one pixel wide is one line of columns where its rows lie at equal distances: a
 * loop of taps costs less than one of lines.
 */
static genc_depthwise_run genc_depthwise_run_of(const genc_depthwise_mve_params *p, const int32_t *lines)
{
    genc_depthwise_run r;
    int32_t equal = 1;
    r.lines = lines;
    r.kernel_h = p->kernel_h;
    r.kernel_w = p->kernel_w;
    r.x_step = p->stride_w * p->in_c;
    r.y_step = p->out_c;
    r.low = p->low;
    r.high = p->high;
    r.tap_step = p->dilation_w * p->in_c;
    r.w = NULL;
    if (p->kernel_w == 1 && p->kernel_h > 1) {
        while (equal + 1 < p->kernel_h && lines[equal + 1] - lines[equal] == lines[1] - lines[0]) equal++;
        if (equal + 1 == p->kernel_h) {
            r.kernel_h = 1;
            r.kernel_w = p->kernel_h;
            r.tap_step = lines[1] - lines[0];
        }
    }
    return r;
}

/** What computes a block of channels, and how large its constants are. */
typedef struct {
    genc_depthwise_channels channels;
    int32_t tap_bytes;
    int32_t constants;
} genc_depthwise_block;

/** All channels of a run of pixels. */
static void genc_depthwise_pixels(const genc_depthwise_mve_params *p, const genc_depthwise_block *block,
                                  const int32_t *lines, const int8_t *x, int8_t *y, int32_t count)
{
    const int8_t *w = (const int8_t *)p->weights;
    const int32_t *c = p->channels;
    genc_depthwise_run r = genc_depthwise_run_of(p, lines);
    int32_t done;
    for (done = 0; done < p->in_c; done += GENC_EIGHT, c += block->constants) {
        const int32_t bytes = p->in_c - done < GENC_EIGHT ? p->in_c - done : GENC_EIGHT;
        r.w = w;
        block->channels(&r, c, x + done, y + done, count, bytes, p->clamped);
        w += block->tap_bytes * p->kernel_h * p->kernel_w;
    }
}

/** Copies the windows of `count` pixels from column `left` on, with padding; lines are bytes into `to`. */
static void genc_depthwise_gather(const genc_depthwise_mve_params *p, const int8_t *in, int32_t image, int32_t top,
                                  int32_t left, int32_t count, int32_t *lines, int8_t *to)
{
    const int32_t width = (count - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
    int32_t k;
    for (k = 0; k < p->kernel_h; k++) {
        const int32_t y = top + k * p->dilation_h;
        const int8_t *row = NULL;
        if (y >= 0 && y < p->in_h) row = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        lines[k] = k * width * p->in_c;
        genc_padded_line(row, p->in_w, p->in_c, left, width, p->pad_value, to + lines[k]);
    }
}

/** One output row. */
static void genc_depthwise_row(const genc_depthwise_mve_params *p, const genc_depthwise_block *block, const int8_t *in,
                               int8_t *y, int32_t *lines, int32_t row)
{
    const int32_t line = p->in_w * p->in_c, last = (p->kernel_h - 1) * p->dilation_h;
    const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    const int32_t inside = top >= 0 && top + last < p->in_h;
    int8_t *const strip = (int8_t *)(lines + p->kernel_h);
    int32_t x, k, count;
    for (x = 0; x < p->out_w; x += count) {
        const int32_t left = x * p->stride_w - p->pad_left;
        const int8_t *window = strip;
        if (inside && x >= p->inside_begin && x < p->inside_end) {
            count = p->inside_end - x;
            for (k = 0; k < p->kernel_h; k++) {
                lines[k] = (image * p->in_h + top + k * p->dilation_h) % p->in_rows_held * line;
            }
            window = in + left * p->in_c;
        } else {
            const int32_t end = inside && x < p->inside_begin ? p->inside_begin : p->out_w;
            count = end - x < p->strip ? end - x : p->strip;
            genc_depthwise_gather(p, in, image, top, left, count, lines, strip);
        }
        genc_depthwise_pixels(p, block, lines, window, y + x * p->out_c, count);
    }
}

void genc_depthwise_rows_mve(const genc_depthwise_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                             int32_t row_begin, int32_t row_end, genc_depthwise_channels channels, int32_t tap_bytes,
                             int32_t constants)
{
    genc_depthwise_block block;
    int32_t row;
    block.channels = channels;
    block.tap_bytes = tap_bytes;
    block.constants = constants;
    for (row = row_begin; row < row_end; row++) {
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        genc_depthwise_row(p, &block, in, y, (int32_t *)scratch, row);
    }
}
