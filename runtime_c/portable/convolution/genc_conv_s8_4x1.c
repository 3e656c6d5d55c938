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
    const int8_t *const end = x + count, *const end8 = x + (count & ~7);
    int32_t a = start, b = start, c = start, d = start;
    for (; x != end8; x += 8, w += 32) {
        GENC_STEP(0);
        GENC_STEP(1);
        GENC_STEP(2);
        GENC_STEP(3);
        GENC_STEP(4);
        GENC_STEP(5);
        GENC_STEP(6);
        GENC_STEP(7);
    }
    for (; x != end; x++, w += 4) GENC_STEP(0);
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

/** Minus the sum of `count` bytes. */
static int32_t genc_conv_minus_sum(const int8_t *x, int32_t count)
{
    const int8_t *const end = x + count;
    int32_t sum = 0;
    for (; end - x >= 4; x += 4) sum -= x[0] + x[1] + x[2] + x[3];
    for (; x != end; x++) sum -= *x;
    return sum;
}

void genc_conv_s8_4x1_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->groups == 1 ? p->out_c : p->out_c / p->groups, patch = p->patch;
    const uint8_t *w = (const uint8_t *)p->weights;
    const int32_t *channels = p->channels;
    int32_t g, left, i;
    (void)x_step;
    (void)count;
    for (g = 0; g < p->groups; g++, x += patch) {
        const int32_t start = genc_conv_minus_sum(x, patch) * p->weights_offset; /* what every weight has too much */
        for (left = depth; left > 0; left -= 4, w += 4 * patch, channels += 4 * GENC_CHANNEL_SIZE) {
            int32_t s[4];
            genc_conv_dot(w, x, patch, start, s);
            for (i = 0; i < 4 && i < left; i++) {
                *y++ = genc_linear_output(s[i], channels + i * GENC_CHANNEL_SIZE, p->low, p->high);
            }
        }
    }
}

void genc_conv_s8_4x1(const genc_conv_s8_4x1_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, 1, genc_conv_s8_4x1_pixel);
}
