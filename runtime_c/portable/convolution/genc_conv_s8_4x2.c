#include "genc_conv_s8_4x2.h"

#include "genc_linear.h"

/** Four channels of two pixels at place k of the patch. */
#define GENC_STEP(k)                          \
    do {                                      \
        const int32_t p = x0[k], q = x1[k];   \
        GENC_MAC(a0, p, w[4 * (k)]);          \
        GENC_MAC(a1, q, w[4 * (k)]);          \
        GENC_MAC(b0, p, w[4 * (k) + 1]);      \
        GENC_MAC(b1, q, w[4 * (k) + 1]);      \
        GENC_MAC(c0, p, w[4 * (k) + 2]);      \
        GENC_MAC(c1, q, w[4 * (k) + 2]);      \
        GENC_MAC(d0, p, w[4 * (k) + 3]);      \
        GENC_MAC(d1, q, w[4 * (k) + 3]);      \
        GENC_FENCE();                         \
    } while (0)

/** Sums of four channels of two pixels, without bias, to s[2 * channel + pixel]. */
static GENC_NOINLINE void genc_conv_dot(const int8_t *w, const int8_t *x0, const int8_t *x1, int32_t count, int32_t *s)
{
    const int8_t *const end = x0 + count, *const end4 = x0 + (count & ~3);
    int32_t a0 = 0, b0 = 0, c0 = 0, d0 = 0, a1 = 0, b1 = 0, c1 = 0, d1 = 0;
    for (; x0 != end4; x0 += 4, x1 += 4, w += 16) {
        GENC_STEP(0);
        GENC_STEP(1);
        GENC_STEP(2);
        GENC_STEP(3);
    }
    for (; x0 != end; x0++, x1++, w += 4) GENC_STEP(0);
    s[0] = a0;
    s[1] = a1;
    s[2] = b0;
    s[3] = b1;
    s[4] = c0;
    s[5] = c1;
    s[6] = d0;
    s[7] = d1;
}

static void genc_conv_pixels(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / p->groups, low = p->low, high = p->high;
    const int32_t next_x = count > 1 ? x_step : 0, next_y = count > 1 ? p->out_c : 0; /* one pixel: twice the same */
    const int8_t *w = (const int8_t *)p->weights;
    const int32_t *channels = p->channels;
    int32_t g, o, i;
    for (g = 0; g < p->groups; g++, x += p->patch) {
        for (o = 0; o < depth; o += 4, w += 4 * p->patch) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            int32_t s[8];
            genc_conv_dot(w, x, x + next_x, p->patch, s);
            for (i = 0; i < n; i++, y++) {
                genc_linear_pair(s[2 * i], s[2 * i + 1], channels + i * GENC_CHANNEL_SIZE, low, high, y, y + next_y);
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
