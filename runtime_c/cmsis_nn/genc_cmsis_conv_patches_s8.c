#include "genc_cmsis_conv_patches_s8.h"

#include "genc_kernel.h"

#include <string.h>

/* Copies pieces of lines, which lie apart.  They are short, often shorter than what a call of memcpy is worth. */
static GENC_NOINLINE void gather_lines(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t lines,
                                       int32_t bytes)
{
    for (; lines > 0; lines--, from += from_step, to += to_step) {
        if (bytes < 4) {
            for (int32_t k = 0; k < bytes; k++) {
                to[k] = from[k];
                GENC_FENCE(); /* else the loop becomes that call */
            }
            continue;
        }
        for (int32_t k = 0; k < bytes - 4; k += 4) memcpy(to + k, from + k, 4);
        memcpy(to + bytes - 4, from + bytes - 4, 4);
    }
}

/* Of `taps` from `start` on, `step` apart: how many lie before the image. */
static inline int32_t before(int32_t start, int32_t step)
{
    return start < 0 ? (step - 1 - start) / step : 0;
}

/* The same taps: how many lie before the end of the image. */
static inline int32_t before_end(int32_t start, int32_t step, int32_t taps, int32_t size)
{
    return start + (taps - 1) * step < size ? taps : (size - 1 - start) / step + 1;
}

/* Copies what the output pixel (row, column) sees; taps beside the image are the zero point. */
static void gather_patch(const genc_cmsis_images *p, const int8_t *in, int8_t *to, int32_t row, int32_t column)
{
    const int32_t image = row / p->out_h, line_bytes = p->kernel_w * p->in_c, step_h = p->dilation_h;
    const int32_t y = (row - image * p->out_h) * p->stride_h - p->pad_top, x = column * p->stride_w - p->pad_left;
    const int32_t above = before(y, step_h), left = before(x, p->dilation_w);
    const int32_t taps = before_end(x, p->dilation_w, p->kernel_w, p->in_w) - left;
    int32_t lines = before_end(y, step_h, p->kernel_h, p->in_h) - above;
    int32_t at = (image * p->in_h + y + above * step_h) % p->in_rows_held;
    if (lines < p->kernel_h || taps < p->kernel_w) {
        memset(to, -p->input_offset, (size_t)p->patch_bytes);
    } else if (p->patch_bytes > p->kernel_h * line_bytes) {
        memset(to + p->patch_bytes - 4, 0, 4);
    }
    to += above * line_bytes + left * p->in_c;
    in += (x + left * p->dilation_w) * p->in_c;
    while (lines > 0) {
        const int32_t most = (p->in_rows_held - at + step_h - 1) / step_h, together = lines < most ? lines : most;
        const int8_t *const from = in + at * p->in_row_bytes;
        if (p->dilation_w == 1) {
            gather_lines(from, step_h * p->in_row_bytes, to, line_bytes, together, taps * p->in_c);
        } else {
            for (int32_t k = 0; k < taps; k++) {
                gather_lines(from + k * p->dilation_w * p->in_c, step_h * p->in_row_bytes, to + k * p->in_c, line_bytes,
                             together, p->in_c);
            }
        }
        to += together * line_bytes;
        lines -= together;
        at = (at + together * step_h) % p->in_rows_held;
    }
}

void genc_cmsis_conv_patches_s8(const genc_cmsis_conv_patches_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                int32_t row_begin, int32_t row_end)
{
    const int32_t depth = p->patch_bytes;
    const cmsis_nn_context context = genc_cmsis_context(p, NULL);
    const cmsis_nn_per_channel_quant_params scales = genc_cmsis_scales(p->multiplier, p->shift);
    const cmsis_nn_dims filter = genc_cmsis_dims(p->out_c, 1, 1, depth), bias = genc_cmsis_dims(1, 1, 1, p->out_c);
    cmsis_nn_conv_params conv = genc_cmsis_conv(p);
    int32_t row = row_begin, column = 0;
    conv.stride = conv.dilation = genc_cmsis_tile(1, 1);
    conv.padding = genc_cmsis_tile(0, 0);
    while (row < row_end) {
        const int32_t at = row % p->out_rows_held, y = row % p->out_h;
        int8_t *const y_out = out + at * p->out_row_bytes + column * p->out_c;
        int32_t count, rows = p->band - y % p->band;
        if (rows > row_end - row) rows = row_end - row;
        if (rows > p->out_h - y) rows = p->out_h - y;
        if (rows > p->out_rows_held - at) rows = p->out_rows_held - at;
        count = rows * p->out_w - column;
        if (count > p->pixels) count = p->pixels;
        for (int32_t i = 0; i < count; i++) {
            gather_patch(p, in, (int8_t *)scratch + i * depth, row, column);
            if (++column == p->out_w) {
                column = 0;
                row++;
            }
        }
        {
            const cmsis_nn_dims input = genc_cmsis_dims(1, 1, count, depth), output = genc_cmsis_dims(1, 1, count, p->out_c);
            (void)arm_convolve_1x1_s8_fast(&context, &conv, &scales, &input, (const int8_t *)scratch, &filter,
                                           p->weights, &bias, (const int32_t *)p->bias, &output, y_out);
        }
    }
}
