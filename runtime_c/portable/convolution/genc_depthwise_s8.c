#include "genc_depthwise_s8.h"

#include "genc_linear.h"

static void genc_depthwise_any(const genc_depthwise_params *p, const int8_t *x, int32_t row_step, int32_t x_step,
                               int8_t *y, int32_t y_step)
{
    const int32_t column_step = p->dilation_w * p->in_c, low = p->low, high = p->high;
    const int8_t *w = (const int8_t *)p->weights;
    const int32_t *channel = p->channels;
    int32_t c, i, k;
    for (c = 0; c < p->in_c; c++, x++, y++, channel += GENC_CHANNEL_SIZE) {
        const int8_t *row = x;
        int32_t s0 = 0, s1 = 0;
        for (k = 0; k < p->kernel_h; k++, row += row_step) {
            const int8_t *tap = row;
            for (i = 0; i < p->kernel_w; i++, w++, tap += column_step) {
                GENC_MAC(s0, tap[0], *w);
                GENC_MAC(s1, tap[x_step], *w);
            }
        }
        genc_linear_pair(s0, s1, channel, low, high, y, y + y_step);
    }
}

void genc_depthwise_s8(const genc_depthwise_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                       int32_t row_begin, int32_t row_end)
{
    genc_depthwise_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, genc_depthwise_any);
}
