#include "genc_transpose_conv.h"

#include "genc_window.h"

/** The patch of the pixel at row y of an image and column x, both counted before the padding is dropped; its end. */
static int8_t *genc_transpose_conv_gather(const genc_transpose_conv_params *p, const int8_t *in, int32_t image,
                                          int32_t y, int32_t x, int8_t *to)
{
    const int32_t column = x % p->stride_w, count = (p->kernel_w - column + p->stride_w - 1) / p->stride_w;
    const int32_t left = x / p->stride_w - count + 1;
    int32_t line = y / p->stride_h, k;
    for (k = y % p->stride_h; k < p->kernel_h && count > 0; k += p->stride_h, line--) {
        const int8_t *row = NULL;
        if (line >= 0 && line < p->in_h) {
            row = genc_row(in, image * p->in_h + line, p->in_rows_held, p->in_w * p->in_c);
        }
        to = genc_window_row(row, p->in_w, p->in_c, left, count, p->pad_value, to);
    }
    return to;
}

void genc_transpose_conv_rows(const genc_transpose_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                              int32_t row_begin, int32_t row_end, genc_conv_block block)
{
    genc_conv_params pixel; /* what a block looks at */
    int32_t row, x;
    memset(&pixel, 0, sizeof pixel);
    pixel.groups = 1;
    pixel.out_c = p->out_c;
    pixel.low = p->low;
    pixel.high = p->high;
    pixel.weights_offset = p->weights_offset;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, y = row - image * p->out_h + p->pad_top;
        const int32_t first = y % p->stride_h * p->stride_w;
        int8_t *to = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        for (x = p->pad_left; x < p->out_w + p->pad_left; x++, to += p->out_c) {
            pixel.patch = (int32_t)(genc_transpose_conv_gather(p, in, image, y, x, scratch) - scratch);
            pixel.weights = (const int8_t *)p->weights + p->phases[first + x % p->stride_w];
            pixel.channels = p->channels + (first + x % p->stride_w) * p->channels_step;
            block(&pixel, scratch, 0, to, 1);
        }
    }
}
