#include "genc_conv_s8_w16.h"

#include "genc_linear.h"

void genc_conv_s8_w16_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / p->groups, patch = p->patch, low = p->low, high = p->high;
    const int16_t *w = (const int16_t *)p->weights;
    const int32_t *channel = p->channels;
    int32_t g, left, i;
    (void)x_step;
    (void)count;
    for (g = 0; g < p->groups; g++, x += patch) {
        for (left = depth; left > 0; left -= 4) {
            int32_t s[4] = {0, 0, 0, 0};
            for (i = 0; i < patch; i++, w += 4) {
                GENC_MAC(s[0], x[i], w[0]);
                GENC_MAC(s[1], x[i], w[1]);
                GENC_MAC(s[2], x[i], w[2]);
                GENC_MAC(s[3], x[i], w[3]);
            }
            for (i = 0; i < 4; i++, channel += GENC_CHANNEL_SIZE)
                if (i < left) *y++ = genc_linear_output(s[i], channel, low, high);
        }
    }
}

void genc_conv_s8_w16(const genc_conv_s8_w16_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, 1, genc_conv_s8_w16_pixel);
}
