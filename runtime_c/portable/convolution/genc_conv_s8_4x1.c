#include "genc_conv_s8_4x1.h"

#include "genc_linear.h"

/** One multiplication, finished before the next begins: it needs one register for the weight. */
#define GENC_IN_ORDER(sum, x, w) \
    do {                         \
        GENC_MAC(sum, x, w);     \
        GENC_KEEP(sum);          \
    } while (0)

/** Four channels at place k of the patch. */
#define GENC_STEP(k)                          \
    do {                                      \
        const int32_t v = x[k];               \
        GENC_IN_ORDER(a, v, w[4 * (k)]);      \
        GENC_IN_ORDER(b, v, w[4 * (k) + 1]);  \
        GENC_IN_ORDER(c, v, w[4 * (k) + 2]);  \
        GENC_IN_ORDER(d, v, w[4 * (k) + 3]);  \
        GENC_FENCE();                         \
    } while (0)

/** Sums of four channels, from `start`, to s[channel]. */
static GENC_NOINLINE void genc_conv_dot(const uint8_t *w, const int8_t *x, int32_t count, int32_t start, int32_t *s)
{
    const int8_t *const end = x + count, *const end4 = x + (count & ~3);
    int32_t a = start, b = start, c = start, d = start;
    for (; x != end4; x += 4, w += 16) {
        GENC_STEP(0);
        GENC_STEP(1);
        GENC_STEP(2);
        GENC_STEP(3);
    }
    for (; x != end; x++, w += 4) GENC_STEP(0);
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

void genc_conv_s8_4x1_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / p->groups, low = p->low, high = p->high;
    const uint8_t *w = (const uint8_t *)p->weights;
    const int32_t *channels = p->channels;
    int32_t g, o, i;
    (void)x_step;
    (void)count;
    for (g = 0; g < p->groups; g++, x += p->patch) {
        int32_t start = 0; /* takes back what every weight has too much */
        for (i = 0; i < p->patch; i++) start -= x[i];
        start *= p->weights_offset;
        for (o = 0; o < depth; o += 4, w += 4 * p->patch, channels += 4 * GENC_CHANNEL_SIZE) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            int32_t s[4];
            genc_conv_dot(w, x, p->patch, start, s);
            for (i = 0; i < n; i++) *y++ = genc_linear_output(s[i], channels + i * GENC_CHANNEL_SIZE, low, high);
        }
    }
}

void genc_conv_s8_4x1(const genc_conv_s8_4x1_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, 1, genc_conv_s8_4x1_pixel);
}
