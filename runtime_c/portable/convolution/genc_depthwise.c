#include "genc_depthwise.h"

#include "genc_window.h"

/** Copies the windows of two pixels: kernel rows from `top` (row of the image), window_w pixels from `left`. */
static void genc_depthwise_gather(const genc_depthwise_params *p, const int8_t *in, int32_t image, int32_t top,
                                  int32_t left, int8_t *to)
{
    int32_t k;
    for (k = 0; k < p->kernel_h; k++) {
        const int32_t y = top + k * p->dilation_h;
        const int8_t *row = NULL;
        if (y >= 0 && y < p->in_h) row = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        to = genc_window_row(row, p->in_w, p->in_c, left, p->window_w, p->pad_value, to);
    }
}

/** True when the kernel rows from `first` (row of the tensor) lie in memory at equal distances. */
static int32_t genc_depthwise_straight(const genc_depthwise_params *p, int32_t first)
{
    return first % p->in_rows_held + (p->kernel_h - 1) * p->dilation_h < p->in_rows_held;
}

void genc_depthwise_rows(const genc_depthwise_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                         int32_t row_begin, int32_t row_end, genc_depthwise_pair pair)
{
    const int32_t line = p->in_w * p->in_c, span_h = (p->kernel_h - 1) * p->dilation_h;
    int32_t row, x;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
        const int32_t first = image * p->in_h + top;
        const int32_t inside = top >= 0 && top + span_h < p->in_h && genc_depthwise_straight(p, first);
        int8_t *y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        for (x = 0; x < p->out_w; x += 2, y += 2 * p->out_c) {
            const int32_t left = x * p->stride_w - p->pad_left, two = x + 1 < p->out_w;
            const int32_t x_step = two ? p->stride_w * p->in_c : 0;
            const int32_t y_step = two ? p->out_c : 0;
            if (inside && left >= 0 && left + p->window_w <= p->in_w) {
                const int8_t *const window = genc_row(in, first, p->in_rows_held, line) + left * p->in_c;
                pair(p, window, line * p->dilation_h, x_step, y, y_step);
            } else {
                genc_depthwise_gather(p, in, image, top, left, scratch);
                pair(p, scratch, p->window_w * p->in_c, x_step, y, y_step);
            }
        }
    }
}
