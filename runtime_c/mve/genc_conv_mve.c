#include "genc_conv_mve.h"


/**
 * Copies `count` runs of `bytes` bytes.
 * @param from, from_step  the first run, and bytes from one run to the next
 * @param to, to_step      likewise
 */
static void genc_copy_runs(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t bytes,
                           int32_t count)
{
#if GENC_MVE
    const int8_t *f;
    int8_t *t;
    __asm__ volatile("1:\n"
                     "mov %[f], %[from]\n"
                     "mov %[t], %[to]\n"
                     "dlstp.8 lr, %[bytes]\n"
                     "2:\n"
                     "vldrb.8 q0, [%[f]], #16\n"
                     "vstrb.8 q0, [%[t]], #16\n"
                     "letp lr, 2b\n"
                     "add %[from], %[from_step]\n"
                     "add %[to], %[to_step]\n"
                     "subs %[count], #1\n"
                     "bne 1b\n"
                     : [from] "+r"(from), [to] "+r"(to), [count] "+r"(count), [f] "=&r"(f), [t] "=&r"(t)
                     : [bytes] "r"(bytes), [from_step] "r"(from_step), [to_step] "r"(to_step)
                     : "lr", "cc", "memory", "q0");
#else
    for (; count > 0; count--, from += from_step, to += to_step) memcpy(to, from, (size_t)bytes);
#endif
}

/** One kernel row of `count` patches, from an image line (NULL: padding). */
static void genc_gather_line(const genc_conv_mve_params *p, const int8_t *line, int32_t x, int32_t count,
                             int8_t *to)
{
    const int32_t last = p->in_w - p->kernel_w;
    int32_t left = x * p->stride_w - p->pad_left;
    while (count > 0) {
        int32_t run = 1;
        if (line != NULL && left >= 0 && left <= last) {
            const int32_t inside = (last - left) / p->stride_w + 1;
            run = count < inside ? count : inside;
            genc_copy_runs(line + left * p->in_c, p->stride_w * p->in_c, to, p->patch, p->kernel_w * p->in_c, run);
        } else {
            genc_padded_line(line, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, to);
        }
        count -= run;
        left += run * p->stride_w;
        to += run * p->patch;
    }
}

/** The same when kernel columns or channels of a group do not lie side by side, for one patch. */
static void genc_gather_taps(const genc_conv_mve_params *p, const int8_t *line, int32_t x, int8_t *to)
{
    const int32_t depth = p->in_c / p->groups, left = x * p->stride_w - p->pad_left;
    int32_t g, k;
    for (g = 0; g < p->groups; g++, to += p->patch) {
        for (k = 0; k < p->kernel_w; k++) {
            const int32_t column = left + k * p->dilation_w;
            if (line != NULL && column >= 0 && column < p->in_w) {
                memcpy(to + k * depth, line + column * p->in_c + g * depth, (size_t)depth);
            } else {
                memset(to + k * depth, p->pad_value, (size_t)depth);
            }
        }
    }
}

/**
 * Gathers the patches of neighbouring output pixels.
 * @param row    output row; rows count through the batch
 * @param x      first output pixel of that row
 * @param count  pixels, > 0
 * @param to     count * groups * patch bytes
 */
static void genc_gather_patches(const genc_conv_mve_params *p, const int8_t *in, int32_t row, int32_t x,
                                int32_t count, int8_t *to)
{
    const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    const int32_t dense = p->dilation_w == 1 && p->groups == 1;
    int32_t k, i;
    for (k = 0; k < p->kernel_h; k++, to += p->kernel_w * p->in_c / p->groups) {
        const int32_t y = top + k * p->dilation_h;
        const int8_t *line = NULL;
        if (y >= 0 && y < p->in_h) line = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        if (dense) genc_gather_line(p, line, x, count, to);
        else for (i = 0; i < count; i++) genc_gather_taps(p, line, x + i, to + i * p->groups * p->patch);
    }
}

/** All groups of a run of pixels whose patches lie `x_step` bytes apart. */
static void genc_conv_pixels(const genc_conv_mve_params *p, const int8_t *x, int32_t x_step, int8_t *y,
                             int32_t count, genc_conv_channels channels)
{
    const int32_t blocks = (p->depth + GENC_FOUR - 1) / GENC_FOUR, line = p->out_c / p->groups;
    const genc_four *four = (const genc_four *)(const void *)p->channels;
    const int8_t *w = p->weights;
    genc_conv_run b;
    int32_t g;
    b.x_gap = x_step - genc_whole_vectors(p->patch);
    b.y_step = p->out_c;
    b.count = count;
    b.low = p->low;
    b.high = p->high;
    b.patch = p->patch;
    b.weights_offset = p->weights_offset;
    for (g = 0; g < p->groups; g++, four += blocks) {
        b.x = x + g * p->patch;
        b.y = y + g * line;
        b.channels = p->depth;
        w = channels(p, &b, w, four);
    }
}

/** True when rows of input and output lie one after the other, and apart: then they are one long row. */
static int32_t genc_conv_one_row(const genc_conv_mve_params *p, const int8_t *in, const int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    const int8_t *const x = in + row_begin * p->in_w * p->in_c, *const x_end = in + row_end * p->in_w * p->in_c;
    const int8_t *const y = out + row_begin * p->out_w * p->out_c, *const y_end = out + row_end * p->out_w * p->out_c;
    return p->stride_h == 1 && p->stride_w == 1 && row_end <= p->in_rows_held && row_end <= p->out_rows_held &&
           ((uintptr_t)x_end <= (uintptr_t)y || (uintptr_t)y_end <= (uintptr_t)x);
}

void genc_conv_rows_mve(const genc_conv_mve_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                        int32_t row_begin, int32_t row_end, genc_conv_channels channels)
{
    const int32_t long_row = p->tile == 0 && genc_conv_one_row(p, in, out, row_begin, row_end);
    const int32_t rows = long_row ? row_end - row_begin : 1, patches = p->groups * p->patch;
    int32_t row, x;
    for (row = row_begin; row < row_end; row += rows) {
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        if (p->tile == 0) {
            const int32_t image = row / p->out_h, line = image * p->in_h + (row - image * p->out_h) * p->stride_h;
            genc_conv_pixels(p, genc_row(in, line, p->in_rows_held, p->in_w * p->in_c), p->stride_w * p->in_c, y,
                             rows * p->out_w, channels);
            continue;
        }
        for (x = 0; x < p->out_w; x += p->tile) {
            const int32_t count = p->out_w - x < p->tile ? p->out_w - x : p->tile;
            genc_gather_patches(p, in, row, x, count, scratch);
            genc_conv_pixels(p, scratch, patches, y + x * p->out_c, count, channels);
        }
    }
}
