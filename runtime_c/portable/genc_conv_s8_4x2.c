#include "genc_conv_s8_4x2.h"

#include "genc_linear.h"

/** Sums of four channels of two pixels, from the bias, to s[channel][pixel]. */
static inline void genc_conv_dot(const int8_t *w, const int8_t *x0, const int8_t *x1, int32_t count,
                                 const int32_t *channels, uint32_t s[4][2])
{
    const int8_t *const end = x0 + count;
    uint32_t a0 = (uint32_t)channels[0], b0 = (uint32_t)channels[4], c0 = (uint32_t)channels[8], d0 = (uint32_t)channels[12];
    uint32_t a1 = a0, b1 = b0, c1 = c0, d1 = d0;
    while (x0 != end) {
        const int32_t p = *x0++, q = *x1++;
        GENC_MAC(a0, p, w[0]);
        GENC_MAC(a1, q, w[0]);
        GENC_MAC(b0, p, w[1]);
        GENC_MAC(b1, q, w[1]);
        GENC_MAC(c0, p, w[2]);
        GENC_MAC(c1, q, w[2]);
        GENC_MAC(d0, p, w[3]);
        GENC_MAC(d1, q, w[3]);
        w += 4;
    }
    s[0][0] = a0;
    s[0][1] = a1;
    s[1][0] = b0;
    s[1][1] = b1;
    s[2][0] = c0;
    s[2][1] = c1;
    s[3][0] = d0;
    s[3][1] = d1;
}

static void genc_conv_pixels(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / p->groups, low = p->low, high = p->high;
    const int32_t next_x = count > 1 ? x_step : 0, next_y = count > 1 ? p->out_c : 0; /* one pixel: twice the same */
    const int8_t *w = p->weights;
    const int32_t *channels = p->channels;
    int32_t g, o, i;
    for (g = 0; g < p->groups; g++, x += p->patch) {
        for (o = 0; o < depth; o += 4, w += 4 * p->patch) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            uint32_t s[4][2];
            genc_conv_dot(w, x, x + next_x, p->patch, channels, s);
            for (i = 0; i < n; i++, y++) {
                y[0] = genc_linear_output(s[i][0], channels + i * GENC_CHANNEL_SIZE, low, high);
                y[next_y] = genc_linear_output(s[i][1], channels + i * GENC_CHANNEL_SIZE, low, high);
            }
            channels += 4 * GENC_CHANNEL_SIZE;
        }
    }
}

void genc_conv_s8_4x2(const genc_conv_s8_4x2_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, 2, genc_conv_pixels);
}
