#include "genc_conv.h"

#include "genc_window.h"

/** One kernel row of a patch, `depth` channels from `row` on (NULL: padding); returns the end of what was written. */
static int8_t *genc_conv_gather_row(const genc_conv_params *p, const int8_t *row, int32_t left, int32_t depth,
                                    int8_t *to)
{
    int32_t k;
    if (p->dilation_w == 1 && p->groups == 1) {
        return genc_window_row(row, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, to);
    }
    for (k = 0; k < p->kernel_w; k++, to += depth) {
        const int32_t x = left + k * p->dilation_w;
        if (row != NULL && x >= 0 && x < p->in_w) memcpy(to, row + x * p->in_c, (size_t)depth);
        else memset(to, p->pad_value, (size_t)depth);
    }
    return to;
}

/** The patch of output pixel (row, x); rows count through the batch. */
static void genc_conv_gather(const genc_conv_params *p, const int8_t *in, int32_t row, int32_t x, int8_t *to)
{
    const int32_t image = row / p->out_h, left = x * p->stride_w - p->pad_left;
    const int32_t top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    const int32_t depth = p->in_c / p->groups;
    int32_t g, k;
    for (g = 0; g < p->groups; g++) {
        for (k = 0; k < p->kernel_h; k++) {
            const int32_t y = top + k * p->dilation_h;
            const int8_t *from = NULL;
            if (y >= 0 && y < p->in_h) {
                from = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c) + g * depth;
            }
            to = genc_conv_gather_row(p, from, left, depth, to);
        }
    }
}

/**
 * Direct: patches lie in the input.  Pixels of two rows are copied first, for the output of the second
 * may lie over the input of the first.
 */
static const int8_t *genc_conv_read(const genc_conv_params *p, const int8_t *x, int32_t column, int32_t count,
                                    int8_t *scratch)
{
    if (column + count <= p->out_w) return x;
    memcpy(scratch, x, (size_t)(count * p->in_c));
    return scratch;
}

void genc_conv_rows(const genc_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                    int32_t row_begin, int32_t row_end, int32_t pixels, genc_conv_block block)
{
    const int32_t patch = p->groups * p->patch;
    /* Rows that lie one after the other are one long row: no half-filled block at the end of each. */
    const int32_t whole = row_end <= p->out_rows_held &&
                          (!p->direct || (p->stride_w == 1 && p->stride_h == 1 && row_end <= p->in_rows_held));
    const int32_t step = whole ? row_end - row_begin : 1, x_step = p->direct ? p->stride_w * p->in_c : patch;
    int32_t row, i, j;
    for (row = row_begin; row < row_end; row += step) {
        const int32_t image = row / p->out_h, line = image * p->in_h + (row - image * p->out_h) * p->stride_h;
        const int8_t *const from = genc_row(in, line, p->in_rows_held, p->in_w * p->in_c);
        int8_t *const to = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        int32_t y = row, x = 0;
        for (i = 0; i < step * p->out_w; i += pixels) {
            const int32_t left = step * p->out_w - i, count = left < pixels ? left : pixels, column = x;
            const int8_t *patches = scratch;
            for (j = 0; j < count; j++) {
                if (!p->direct) genc_conv_gather(p, in, y, x, scratch + j * patch);
                if (++x == p->out_w) {
                    x = 0;
                    y++;
                }
            }
            if (p->direct) patches = genc_conv_read(p, from + i * x_step, column, count, scratch);
            block(p, patches, x_step, to + i * p->out_c, count);
        }
    }
}
