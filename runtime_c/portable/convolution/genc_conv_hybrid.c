#include "genc_conv_hybrid.h"

#include "genc_dynamic_quantize.h"
#include "genc_float.h"
#include "genc_taps.h"

/** Adds `count` products of (x - zero) to the sums of four channels. */
static GENC_NOINLINE void genc_conv_hybrid_dot(const int8_t *w, const int8_t *x, int32_t zero, int32_t count, int32_t *s)
{
    const int8_t *const end = x + count;
    int32_t a = s[0], b = s[1], c = s[2], d = s[3];
    for (; x != end; x++, w += 4) {
        const int32_t v = *x - zero;
        a += v * w[0];
        b += v * w[1];
        c += v * w[2];
        d += v * w[3];
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

/** An output pixel: where its window begins, and the part of the kernel that lies inside the image. */
typedef struct {
    int32_t top;
    int32_t left;
    int32_t first_h;
    int32_t last_h;
    int32_t first_w;
    int32_t last_w;
} genc_conv_hybrid_window;

static genc_conv_hybrid_window genc_conv_hybrid_at(const genc_conv_hybrid_params *p, int32_t row, int32_t column)
{
    genc_conv_hybrid_window at;
    at.top = row * p->stride_h - p->pad_top;
    at.left = column * p->stride_w - p->pad_left;
    at.first_h = genc_taps_first(at.top, p->dilation_h);
    at.last_h = genc_taps_last(at.top, p->dilation_h, p->kernel_h, p->in_h);
    at.first_w = genc_taps_first(at.left, p->dilation_w);
    at.last_w = genc_taps_last(at.left, p->dilation_w, p->kernel_w, p->in_w);
    return at;
}

/** Sums of four channels of a group of one pixel; x is the group's first channel of the image. */
static GENC_NOINLINE void genc_conv_hybrid_sums(const genc_conv_hybrid_params *p, const genc_conv_hybrid_window *at,
                                                const int8_t *w, const int8_t *x, int32_t zero, int32_t *s)
{
    const int32_t depth = p->in_c / p->groups;
    const int32_t joined = p->groups == 1 && p->dilation_w == 1 && at->first_w < at->last_w;
    int32_t h, k;
    memset(s, 0, 4 * sizeof *s);
    for (h = at->first_h; h < at->last_h; h++) {
        const int8_t *line = x + (at->top + h * p->dilation_h) * p->in_w * p->in_c;
        const int8_t *line_w = w + 4 * depth * h * p->kernel_w;
        for (k = at->first_w; k < at->last_w; k++) {
            const int32_t count = joined ? (at->last_w - k) * depth : depth;
            genc_conv_hybrid_dot(line_w + 4 * depth * k, line + (at->left + k * p->dilation_w) * p->in_c, zero, count, s);
            if (joined) break;
        }
    }
}

/** All channels of one pixel of the quantised image x. */
static GENC_NOINLINE void genc_conv_hybrid_pixel(const genc_conv_hybrid_params *p, const genc_conv_hybrid_window *at,
                                                 const int8_t *x, const genc_dynamic_scale *input, float *y)
{
    const int32_t in_depth = p->in_c / p->groups, depth = p->out_c / p->groups;
    const int32_t taps = p->kernel_h * p->kernel_w * in_depth;
    const int8_t *w = p->weights;
    const float *scales = p->scales, *bias = p->bias;
    int32_t g, o, c;
    for (g = 0; g < p->groups; g++, x += in_depth) {
        for (o = 0; o < depth; o += 4, w += 4 * taps, scales += 4, bias += 4) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            int32_t s[4];
            genc_conv_hybrid_sums(p, at, w, x, input->zero_point, s);
            for (c = 0; c < n; c++) {
                const float product = (float)s[c] * (input->scale * scales[c]);
                *y++ = genc_clamp_f32(product + bias[c], p->low, p->high);
            }
        }
    }
}

void genc_conv_hybrid(const genc_conv_hybrid_params *p, const float *in, float *out, void *scratch, int32_t row_begin,
                      int32_t row_end)
{
    const int32_t size = p->in_h * p->in_w * p->in_c;
    int8_t *const image = (int8_t *)scratch;
    int32_t n, row, column;
    if (row_begin >= row_end) return;
    for (n = 0; n < p->images; n++, in += size) {
        const genc_dynamic_scale input = genc_dynamic_quantize(in, size, p->asymmetric, image);
        for (row = 0; row < p->out_h; row++) {
            for (column = 0; column < p->out_w; column++, out += p->out_c) {
                const genc_conv_hybrid_window at = genc_conv_hybrid_at(p, row, column);
                genc_conv_hybrid_pixel(p, &at, image, &input, out);
            }
        }
    }
}
