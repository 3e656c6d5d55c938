#include "genc_conv_s16.h"

#include "genc_linear_s16.h"

void genc_conv_s16_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / 2 / p->groups, taps = p->patch / 2, low = p->low, high = p->high;
    const int16_t *in = (const int16_t *)(const void *)x;
    int16_t *out = (int16_t *)(void *)y;
    const int8_t *w = (const int8_t *)p->weights;
    const int32_t *channels = p->channels;
    int32_t g, o, i;
    (void)x_step;
    (void)count;
    for (g = 0; g < p->groups; g++, in += taps) {
        for (o = 0; o < depth; o += 4, w += 4 * taps, channels += 4 * GENC_S16_SIZE) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            int64_t s[4];
            genc_linear_s16_sums(w, in, taps, s);
            for (i = 0; i < n; i++) *out++ = genc_linear_s16_output(s[i], channels + i * GENC_S16_SIZE, low, high);
        }
    }
}

void genc_conv_s16(const genc_conv_s16_params *p, const void *in, void *out, void *scratch, int32_t row_begin,
                   int32_t row_end)
{
    genc_conv_rows(p, (const int8_t *)in, (int8_t *)out, (int8_t *)scratch, row_begin, row_end, 1,
                   genc_conv_s16_pixel);
}
