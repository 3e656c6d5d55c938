#include "genc_conv_f32.h"

#include "genc_float.h"
#include "genc_taps.h"

#define GENC_PIXELS 4 /* taken at a time */

/** Weight `x` of one pixel times the weights of four channels. */
#define GENC_PIXEL(n, x)         \
    do {                         \
        const float v = (x);     \
        GENC_FMA(a##n, v, wa);   \
        GENC_FMA(b##n, v, wb);   \
        GENC_FMA(c##n, v, wc);   \
        GENC_FMA(d##n, v, wd);   \
    } while (0)

/** The weights of four channels at place k. */
#define GENC_WEIGHTS(k) const float wa = w[4 * (k)], wb = w[4 * (k) + 1], wc = w[4 * (k) + 2], wd = w[4 * (k) + 3]

#define GENC_LOAD(n) float a##n = s[4 * (n)], b##n = s[4 * (n) + 1], c##n = s[4 * (n) + 2], d##n = s[4 * (n) + 3]
#define GENC_STORE(n)      \
    s[4 * (n)] = a##n;     \
    s[4 * (n) + 1] = b##n; \
    s[4 * (n) + 2] = c##n; \
    s[4 * (n) + 3] = d##n

#define GENC_STEP4(k)           \
    do {                        \
        GENC_WEIGHTS(k);        \
        GENC_PIXEL(0, x0[k]);   \
        GENC_PIXEL(1, x1[k]);   \
        GENC_PIXEL(2, x2[k]);   \
        GENC_PIXEL(3, x3[k]);   \
        GENC_FENCE();           \
    } while (0)

/** Adds `count` products to the sums of four pixels by four channels, s[4 * pixel + channel]. */
static GENC_NOINLINE void genc_conv_f32_dot4(const float *w, const float *x0, int32_t step, int32_t count, float *s)
{
    const float *x1 = x0 + step, *x2 = x1 + step, *x3 = x2 + step;
    const float *const end = x0 + count;
    GENC_LOAD(0);
    GENC_LOAD(1);
    GENC_LOAD(2);
    GENC_LOAD(3);
    for (; (count & 3) != 0; count--, x0++, x1++, x2++, x3++, w += 4) GENC_STEP4(0);
    for (; x0 != end; x0 += 4, x1 += 4, x2 += 4, x3 += 4, w += 16) {
        GENC_STEP4(0);
        GENC_STEP4(1);
        GENC_STEP4(2);
        GENC_STEP4(3);
    }
    GENC_STORE(0);
    GENC_STORE(1);
    GENC_STORE(2);
    GENC_STORE(3);
}

#define GENC_STEP2(k)           \
    do {                        \
        GENC_WEIGHTS(k);        \
        GENC_PIXEL(0, x0[k]);   \
        GENC_PIXEL(1, x1[k]);   \
        GENC_FENCE();           \
    } while (0)

/** The same for two pixels. */
static GENC_NOINLINE void genc_conv_f32_dot2(const float *w, const float *x0, int32_t step, int32_t count, float *s)
{
    const float *x1 = x0 + step;
    const float *const end = x0 + count;
    GENC_LOAD(0);
    GENC_LOAD(1);
    for (; (count & 3) != 0; count--, x0++, x1++, w += 4) GENC_STEP2(0);
    for (; x0 != end; x0 += 4, x1 += 4, w += 16) {
        GENC_STEP2(0);
        GENC_STEP2(1);
        GENC_STEP2(2);
        GENC_STEP2(3);
    }
    GENC_STORE(0);
    GENC_STORE(1);
}

#define GENC_STEP1(k)           \
    do {                        \
        GENC_WEIGHTS(k);        \
        GENC_PIXEL(0, x0[k]);   \
        GENC_FENCE();           \
    } while (0)

/** The same for one pixel. */
static GENC_NOINLINE void genc_conv_f32_dot1(const float *w, const float *x0, int32_t count, float *s)
{
    const float *const end = x0 + count;
    GENC_LOAD(0);
    for (; (count & 3) != 0; count--, x0++, w += 4) GENC_STEP1(0);
    for (; x0 != end; x0 += 4, w += 16) {
        GENC_STEP1(0);
        GENC_STEP1(1);
        GENC_STEP1(2);
        GENC_STEP1(3);
    }
    GENC_STORE(0);
}

/** Adds the products of one stretch of the patch, for 1, 2 or 4 pixels. */
static void genc_conv_f32_dot(const float *w, const float *x, int32_t step, int32_t count, int32_t pixels, float *s)
{
    if (pixels == 4) genc_conv_f32_dot4(w, x, step, count, s);
    else if (pixels == 2) genc_conv_f32_dot2(w, x, step, count, s);
    else genc_conv_f32_dot1(w, x, count, s);
}

/** Neighbouring output pixels whose windows hang over the same edges, and the part of the kernel inside the input. */
typedef struct {
    const float *in; /* the image's tensor, or its ring */
    int32_t pixels;  /* 1, 2 or 4 */
    int32_t line;    /* input row, counted through the batch, of kernel row 0 */
    int32_t left;    /* input column of kernel column 0 of the first pixel */
    int32_t first_h; /* kernel rows [first_h, last_h) lie inside */
    int32_t last_h;
    int32_t first_w; /* kernel columns [first_w, last_w) lie inside, for every pixel */
    int32_t last_w;
} genc_conv_f32_window;

/** Adds up four channels of a group: s[4 * pixel + channel]. */
static void genc_conv_f32_sums(const genc_conv_f32_params *p, const genc_conv_f32_window *at, int32_t group,
                               const float *w, float *s)
{
    const int32_t depth = p->in_c / p->groups, step = p->stride_w * p->in_c;
    const int32_t joined = p->groups == 1 && p->dilation_w == 1, columns = at->last_w - at->first_w;
    int32_t y, x;
    for (y = at->first_h; y < at->last_h; y++) {
        const void *line = genc_row(at->in, at->line + y * p->dilation_h, p->in_rows_held, p->in_w * p->in_c * 4);
        const float *row = genc_floats(line) + group * depth;
        const float *row_w = w + 4 * depth * (y * p->kernel_w + at->first_w);
        if (columns <= 0) continue;
        row += (at->left + at->first_w * p->dilation_w) * p->in_c;
        if (joined) {
            genc_conv_f32_dot(row_w, row, step, columns * depth, at->pixels, s);
            continue;
        }
        for (x = 0; x < columns; x++, row += p->dilation_w * p->in_c, row_w += 4 * depth) {
            genc_conv_f32_dot(row_w, row, step, depth, at->pixels, s);
        }
    }
}

/** All channels of the pixels of a window, to y. */
static void genc_conv_f32_pixels(const genc_conv_f32_params *p, const genc_conv_f32_window *at, float *y)
{
    const int32_t depth = p->out_c / p->groups, taps = p->kernel_h * p->kernel_w * (p->in_c / p->groups);
    const float low = p->low, high = p->high, *w = p->weights, *bias = p->bias;
    int32_t g, o, i, c;
    for (g = 0; g < p->groups; g++) {
        for (o = 0; o < depth; o += 4, w += 4 * taps, bias += 4) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            float s[4 * GENC_PIXELS];
            memset(s, 0, sizeof s);
            genc_conv_f32_sums(p, at, g, w, s);
            for (i = 0; i < at->pixels; i++)
                for (c = 0; c < n; c++) y[i * p->out_c + c] = genc_clamp_f32(s[4 * i + c] + bias[c], low, high);
            y += n;
        }
    }
}

/** The window of output column `x`, widened to as many of its neighbours as lie inside as far as it does. */
static int32_t genc_conv_f32_take(const genc_conv_f32_params *p, int32_t x, genc_conv_f32_window *at)
{
    int32_t pixels = GENC_PIXELS, left, over;
    at->left = x * p->stride_w - p->pad_left;
    at->first_w = genc_taps_first(at->left, p->dilation_w);
    at->last_w = genc_taps_last(at->left, p->dilation_w, p->kernel_w, p->in_w);
    for (; pixels > 1; pixels /= 2) {
        left = at->left + (pixels - 1) * p->stride_w;
        over = x + pixels > p->out_w || at->first_w != 0;
        if (!over && genc_taps_last(left, p->dilation_w, p->kernel_w, p->in_w) == p->kernel_w) break;
    }
    at->pixels = pixels;
    return pixels;
}

void genc_conv_f32(const genc_conv_f32_params *p, const float *in, float *out, int32_t row_begin, int32_t row_end)
{
    int32_t row, x;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
        float *y = genc_floats_out(genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c * 4));
        genc_conv_f32_window at;
        at.in = in;
        at.line = image * p->in_h + top;
        at.first_h = genc_taps_first(top, p->dilation_h);
        at.last_h = genc_taps_last(top, p->dilation_h, p->kernel_h, p->in_h);
        for (x = 0; x < p->out_w; x += at.pixels) {
            genc_conv_f32_take(p, x, &at);
            genc_conv_f32_pixels(p, &at, y + x * p->out_c);
        }
    }
}
