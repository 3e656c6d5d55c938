#include "genc_transpose_conv_f32.h"

#include "genc_float.h"

/** The float with these bits. */
static float genc_transpose_conv_f32_of(int32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/** Adds `count` products to the sums of four channels. */
static GENC_NOINLINE void genc_transpose_conv_f32_dot(const float *w, const float *x, int32_t count, float *s)
{
    const float *const end = x + count;
    float a = s[0], b = s[1], c = s[2], d = s[3];
    for (; x != end; x++, w += 4) {
        const float v = *x;
        GENC_FMA(a, v, w[0]);
        GENC_FMA(b, v, w[1]);
        GENC_FMA(c, v, w[2]);
        GENC_FMA(d, v, w[3]);
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

static void genc_transpose_conv_f32_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y,
                                          int32_t count)
{
    const float low = genc_transpose_conv_f32_of(p->low), high = genc_transpose_conv_f32_of(p->high);
    const int32_t depth = p->out_c / 4, taps = p->patch / 4;
    const float *w = (const float *)p->weights, *in = genc_floats(x);
    float *out = genc_floats_out(y);
    int32_t o, i;
    (void)x_step;
    (void)count;
    for (o = 0; o < depth; o += 4, w += 4 * taps) {
        const int32_t n = depth - o < 4 ? depth - o : 4;
        float s[4];
        memcpy(s, p->channels + o, sizeof s);
        genc_transpose_conv_f32_dot(w, in, taps, s);
        for (i = 0; i < n; i++) *out++ = genc_clamp_f32(s[i], low, high);
    }
}

void genc_transpose_conv_f32(const genc_transpose_conv_f32_params *p, const void *in, void *out, void *scratch,
                             int32_t row_begin, int32_t row_end)
{
    genc_transpose_conv_rows(p, (const int8_t *)in, (int8_t *)out, (int8_t *)scratch, row_begin, row_end,
                             genc_transpose_conv_f32_pixel);
}
