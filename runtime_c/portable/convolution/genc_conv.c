#include "genc_conv.h"

#include "genc_taps.h"
#include "genc_window.h"

/** Where the windows of an output row lie. */
typedef struct {
    const int8_t *in; /* the tensor, or its ring */
    int32_t first;    /* kernel rows [first, last) lie inside the image */
    int32_t last;
    int32_t slot; /* row of the ring that kernel row `first` meets */
} genc_conv_lines;

/** The lines of output row `row`; rows count through the batch. */
static genc_conv_lines genc_conv_lines_of(const genc_conv_params *p, const int8_t *in, int32_t row)
{
    const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    genc_conv_lines at;
    at.in = in;
    at.first = genc_taps_first(top, p->dilation_h);
    at.last = genc_taps_last(top, p->dilation_h, p->kernel_h, p->in_h);
    at.slot = image * p->in_h + top + at.first * p->dilation_h;
    if (at.slot >= p->in_rows_held && at.first < at.last) at.slot %= p->in_rows_held;
    return at;
}

/** One kernel row of a patch, `depth` channels from `row` on (NULL: padding); returns the end of what was written. */
static int8_t *genc_conv_gather_row(const genc_conv_params *p, const int8_t *row, int32_t left, int32_t depth,
                                    int8_t *to)
{
    int32_t k;
    for (k = 0; k < p->kernel_w; k++, to += depth) {
        const int32_t x = left + k * p->dilation_w;
        if (row != NULL && x >= 0 && x < p->in_w) memcpy(to, row + x * p->in_c, (size_t)depth);
        else memset(to, p->pad_value, (size_t)depth);
    }
    return to;
}

/** The patch of output column x. */
static void genc_conv_gather(const genc_conv_params *p, const genc_conv_lines *at, int32_t x, int8_t *to)
{
    const int32_t line = p->in_w * p->in_c, left = x * p->stride_w - p->pad_left;
    const int32_t depth = p->groups == 1 ? p->in_c : p->in_c / p->groups, stretch = p->kernel_w * depth;
    const int32_t joined = p->dilation_w == 1 && p->groups == 1;
    const int32_t inside = left >= 0 && left + p->kernel_w <= p->in_w;
    int32_t g, k;
    for (g = 0; g < p->groups; g++) {
        int32_t slot = at->slot;
        for (k = 0; k < p->kernel_h; k++) {
            const int8_t *from = NULL;
            if (k >= at->first && k < at->last) {
                from = at->in + slot * line + g * depth;
                slot += p->dilation_h;
                if (slot >= p->in_rows_held) slot -= p->in_rows_held;
            }
            if (!joined) {
                to = genc_conv_gather_row(p, from, left, depth, to);
            } else {
                if (from != NULL && inside) genc_window_copy(to, from + left * p->in_c, stretch);
                else genc_window_row(from, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, to);
                to += stretch;
            }
        }
    }
}

/** Rows [row, end), one after the other in memory, from patches in the scratch. */
static void genc_conv_gathered(const genc_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch, int32_t row,
                               int32_t end, int32_t pixels, genc_conv_block block)
{
    const int32_t patch = p->groups * p->patch;
    int32_t left = (end - row) * p->out_w, x = 0, i;
    genc_conv_lines at = genc_conv_lines_of(p, in, row);
    for (; left > 0; left -= pixels, out += pixels * p->out_c) {
        const int32_t count = left < pixels ? left : pixels;
        for (i = 0; i < count; i++) {
            if (x == p->out_w) {
                x = 0;
                at = genc_conv_lines_of(p, in, ++row);
            }
            genc_conv_gather(p, &at, x++, scratch + i * patch);
        }
        block(p, scratch, patch, out, count);
    }
}

/**
 * `left` pixels, one after the other in memory, whose patches lie in the input.  Pixels of two rows are copied first,
 * for the output of the second may lie over the input of the first.
 */
static void genc_conv_direct(const genc_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch, int32_t left,
                             int32_t pixels, genc_conv_block block)
{
    const int32_t step = p->stride_w * p->in_c;
    int32_t x = 0;
    for (; left > 0; left -= pixels, in += pixels * step, out += pixels * p->out_c) {
        const int32_t count = left < pixels ? left : pixels;
        const int8_t *patches = in;
        if (x + count > p->out_w) {
            memcpy(scratch, in, (size_t)(count * p->in_c));
            patches = scratch;
        }
        block(p, patches, step, out, count);
        for (x += count; x >= p->out_w;) x -= p->out_w;
    }
}

void genc_conv_rows(const genc_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                    int32_t row_begin, int32_t row_end, int32_t pixels, genc_conv_block block)
{
    /* Rows that lie one after the other are one long row: no half-filled block at the end of each. */
    const int32_t long_rows = !p->direct || (p->stride_w == 1 && p->stride_h == 1);
    int32_t row, step;
    for (row = row_begin; row < row_end; row += step) {
        step = long_rows ? genc_rows_ahead(row, row_end, p->out_rows_held) : 1;
        if (p->direct && long_rows) step = genc_rows_ahead(row, row + step, p->in_rows_held);
        int8_t *const to = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        if (p->direct) {
            const int8_t *const from = in + genc_conv_lines_of(p, in, row).slot * p->in_w * p->in_c;
            genc_conv_direct(p, from, to, scratch, step * p->out_w, pixels, block);
        } else {
            genc_conv_gathered(p, in, to, scratch, row, row + step, pixels, block);
        }
    }
}
