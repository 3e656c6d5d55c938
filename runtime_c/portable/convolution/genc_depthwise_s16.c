#include "genc_depthwise_s16.h"

#include "genc_linear_s16.h"

static void genc_depthwise_s16_pair(const genc_depthwise_params *p, const int8_t *x, int32_t row_step, int32_t x_step,
                                    int8_t *y, int32_t y_step)
{
    const int32_t rows = row_step / 2, columns = p->dilation_w * p->in_c / 2, second = x_step / 2;
    const int32_t low = p->low, high = p->high;
    const int16_t *in = (const int16_t *)(const void *)x;
    int16_t *out = (int16_t *)(void *)y;
    const int8_t *w = (const int8_t *)p->weights;
    const int32_t *channel = p->channels;
    int32_t c, i, k;
    for (c = 0; c < p->in_c / 2; c++, in++, out++, channel += GENC_S16_SIZE) {
        const int16_t *row = in;
        int32_t s0 = 0, s1 = 0;
        for (k = 0; k < p->kernel_h; k++, row += rows) {
            const int16_t *tap = row;
            for (i = 0; i < p->kernel_w; i++, w++, tap += columns) {
                s0 += tap[0] * *w;
                s1 += tap[second] * *w;
            }
        }
        out[0] = genc_linear_s16_output(s0, channel, low, high);
        out[y_step / 2] = genc_linear_s16_output(s1, channel, low, high);
    }
}

void genc_depthwise_s16(const genc_depthwise_s16_params *p, const void *in, void *out, void *scratch,
                        int32_t row_begin, int32_t row_end)
{
    genc_depthwise_rows(p, (const int8_t *)in, (int8_t *)out, (int8_t *)scratch, row_begin, row_end,
                        genc_depthwise_s16_pair);
}
