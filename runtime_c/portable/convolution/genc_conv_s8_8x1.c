#include "genc_conv_s8_8x1.h"

#include "genc_dot_s8.h"
#include "genc_linear.h"

void genc_conv_s8_8x1_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->groups == 1 ? p->out_c : p->out_c / p->groups, patch = p->patch;
    const int32_t low = p->low, high = p->high;
    const uint8_t *w = (const uint8_t *)p->weights;
    const int32_t *channel = p->channels;
    int32_t g, left;
    (void)x_step;
    (void)count;
    for (g = 0; g < p->groups; g++, x += patch) {
        const int32_t start = genc_dot_s8_start(x, patch, p->weights_offset);
        for (left = depth; left > 0;) {
            int32_t s[8];
            const int32_t block = genc_dot_s8(w, x, patch, start, left, s);
            const int32_t n = left < block ? left : block;
            const int32_t *sum = s;
            int8_t *const end = y + n;
            for (; y != end; y++, sum++, channel += GENC_CHANNEL_SIZE) *y = genc_linear_output(*sum, channel, low, high);
            channel += (block - n) * GENC_CHANNEL_SIZE;
            w += block * patch;
            left -= n;
        }
    }
}

void genc_conv_s8_8x1(const genc_conv_s8_8x1_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, 1, genc_conv_s8_8x1_pixel);
}
