#include "genc_depthwise_f32.h"

#include "genc_float.h"
#include "genc_taps.h"

/** Adds `taps` products to the sums of `count` channels of one pixel; taps lie x_step floats apart. */
static void genc_depthwise_f32_pixel(const float *x, int32_t x_step, const float *w, int32_t w_step, int32_t taps,
                                     int32_t count, float *y)
{
    int32_t c = 0, i;
    for (; c + 4 <= count; c += 4, x += 4, w += 4, y += 4) {
        const float *from = x, *by = w;
        float s0 = y[0], s1 = y[1], s2 = y[2], s3 = y[3];
        for (i = 0; i < taps; i++, from += x_step, by += w_step) {
            GENC_FMA(s0, from[0], by[0]);
            GENC_FMA(s1, from[1], by[1]);
            GENC_FMA(s2, from[2], by[2]);
            GENC_FMA(s3, from[3], by[3]);
        }
        y[0] = s0;
        y[1] = s1;
        y[2] = s2;
        y[3] = s3;
    }
    for (; c < count; c++, x++, w++, y++) {
        float s = *y;
        for (i = 0; i < taps; i++) GENC_FMA(s, x[i * x_step], w[i * w_step]);
        *y = s;
    }
}

#define GENC_STEP3(lane)                      \
    do {                                      \
        float s = y[lane];                    \
        GENC_FMA(s, x0[lane], u##lane);       \
        GENC_FMA(s, x1[lane], v##lane);       \
        GENC_FMA(s, x2[lane], w##lane);       \
        y[lane] = s;                          \
    } while (0)

/** The same for three taps and four channels of `pixels` pixels: the weights stay in registers. */
static GENC_NOINLINE void genc_depthwise_f32_three(const float *x0, int32_t x_step, const float *weights,
                                                   int32_t w_step, int32_t pixel_step, int32_t pixels, float *y)
{
    const float *x1 = x0 + x_step, *x2 = x1 + x_step, *const second = weights + w_step, *const third = second + w_step;
    const float u0 = weights[0], u1 = weights[1], u2 = weights[2], u3 = weights[3];
    const float v0 = second[0], v1 = second[1], v2 = second[2], v3 = second[3];
    const float w0 = third[0], w1 = third[1], w2 = third[2], w3 = third[3];
    for (; pixels > 0; pixels--, x0 += pixel_step, x1 += pixel_step, x2 += pixel_step, y += w_step) {
        GENC_STEP3(0);
        GENC_STEP3(1);
        GENC_STEP3(2);
        GENC_STEP3(3);
    }
}

/** Adds one kernel row to the pixels [x, end) of an output row, all of whose windows lie inside the input. */
static void genc_depthwise_f32_inside(const genc_depthwise_f32_params *p, const float *line, const float *w, float *y,
                                      int32_t x, int32_t end)
{
    const int32_t channels = p->channels, step = p->stride_w * channels, x_step = p->dilation_w * channels;
    int32_t c = 0;
    line += (x * p->stride_w - p->pad_left) * channels;
    y += x * channels;
    if (p->kernel_w == 3)
        for (; c + 4 <= channels; c += 4)
            genc_depthwise_f32_three(line + c, x_step, w + c, channels, step, end - x, y + c);
    for (; x < end; x++, line += step, y += channels)
        genc_depthwise_f32_pixel(line + c, x_step, w + c, channels, p->kernel_w, channels - c, y + c);
}

/** Adds one kernel row to an output row. */
static void genc_depthwise_f32_line(const genc_depthwise_f32_params *p, const float *line, const float *w, float *y)
{
    const int32_t channels = p->channels;
    const int32_t span = (p->kernel_w - 1) * p->dilation_w;
    int32_t x = 0;
    while (x < p->out_w) {
        const int32_t left = x * p->stride_w - p->pad_left;
        if (left >= 0 && left + span < p->in_w) {
            const int32_t fit = (p->in_w - 1 - span - left) / p->stride_w + 1;
            const int32_t end = x + fit < p->out_w ? x + fit : p->out_w;
            genc_depthwise_f32_inside(p, line, w, y, x, end);
            x = end;
        } else {
            const int32_t first = genc_taps_first(left, p->dilation_w);
            const int32_t last = genc_taps_last(left, p->dilation_w, p->kernel_w, p->in_w);
            if (first < last)
                genc_depthwise_f32_pixel(line + (left + first * p->dilation_w) * channels, p->dilation_w * channels,
                                         w + first * channels, channels, last - first, channels, y + x * channels);
            x++;
        }
    }
}

void genc_depthwise_f32(const genc_depthwise_f32_params *p, const float *in, float *out, int32_t row_begin,
                        int32_t row_end)
{
    const int32_t channels = p->channels;
    int32_t row, i, k;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
        const int32_t last = genc_taps_last(top, p->dilation_h, p->kernel_h, p->in_h);
        float *y = genc_floats_out(genc_row_out(out, row, p->out_rows_held, p->out_w * channels * 4));
        for (i = 0; i < p->out_w; i++) memcpy(y + i * channels, p->bias, (size_t)channels * sizeof(float));
        for (k = genc_taps_first(top, p->dilation_h); k < last; k++) {
            const int32_t line = image * p->in_h + top + k * p->dilation_h;
            const float *x = genc_floats(genc_row(in, line, p->in_rows_held, p->in_w * channels * 4));
            genc_depthwise_f32_line(p, x, p->weights + k * p->kernel_w * channels, y);
        }
        genc_clamp_row_f32(y, y, p->out_w * channels, p->low, p->high);
    }
}
