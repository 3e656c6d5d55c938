#include "genc_pool_f32.h"

#include "genc_float.h"

/* A window, clipped to the input: rows [top, bottom), counted through the batch, and columns [left, right). */
typedef struct {
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} genc_pool_f32_window;

/* First channel of row `row` of a window. */
static const float *window_row(const genc_pool_f32_params *p, const float *x, const genc_pool_f32_window *at, int32_t row)
{
    return genc_floats(genc_row(x, row, p->x_held, p->in_w * p->channels * 4)) + at->left * p->channels;
}

static void average_window(const genc_pool_f32_params *p, const float *x, const genc_pool_f32_window *at, float *y)
{
    const int32_t channels = p->channels;
    const float area = (float)((at->bottom - at->top) * (at->right - at->left));
    int32_t r, w, c;
    for (c = 0; c < channels; c++) y[c] = 0.0f;
    for (r = at->top; r < at->bottom; r++) {
        const float *in = window_row(p, x, at, r);
        for (w = at->left; w < at->right; w++, in += channels)
            for (c = 0; c < channels; c++) y[c] += in[c];
    }
    for (c = 0; c < channels; c++) y[c] = genc_clamp_f32(y[c] / area, p->low, p->high);
}

static void largest_of_window(const genc_pool_f32_params *p, const float *x, const genc_pool_f32_window *at, float *y)
{
    const int32_t channels = p->channels;
    int32_t r, w, c;
    for (c = 0; c < channels; c++) y[c] = p->low;
    for (r = at->top; r < at->bottom; r++) {
        const float *in = window_row(p, x, at, r);
        for (w = at->left; w < at->right; w++, in += channels)
            for (c = 0; c < channels; c++)
                if (in[c] > y[c]) y[c] = in[c];
    }
    for (c = 0; c < channels; c++)
        if (y[c] > p->high) y[c] = p->high;
}

void genc_pool_f32(const genc_pool_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end)
{
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->out_h * p->in_h, top = r % p->out_h * p->stride_h - p->pad_top;
        float *out = genc_floats_out(genc_row_out(y, r, p->y_held, p->out_w * p->channels * 4));
        genc_pool_f32_window at;
        at.top = image + genc_clamp(top, 0, p->in_h);
        at.bottom = image + genc_clamp(top + p->kernel_h, 0, p->in_h);
        for (w = 0; w < p->out_w; w++, out += p->channels) {
            const int32_t left = w * p->stride_w - p->pad_left;
            at.left = genc_clamp(left, 0, p->in_w);
            at.right = genc_clamp(left + p->kernel_w, 0, p->in_w);
            if (p->average) average_window(p, x, &at, out);
            else largest_of_window(p, x, &at, out);
        }
    }
}
