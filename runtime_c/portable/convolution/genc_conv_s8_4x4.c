#include "genc_conv_s8_4x4.h"

#include "genc_linear.h"

#if INTPTR_MAX > INT32_MAX

/* Two pixels share a 64-bit register, p + 2^32 q: one multiplication serves both.  The sum of the upper
   pixel is what remains when the lower one, which is an int32, is taken away. */
static inline void genc_conv_store(int32_t *s, int64_t sum)
{
    s[0] = (int32_t)(uint32_t)(uint64_t)sum;
    s[1] = (int32_t)((sum - s[0]) >> 32);
}

/** Place k of the patch. */
#define GENC_STEP(k)                                                    \
    do {                                                                \
        const int64_t p = x0[k] + x1[k] * ((int64_t)1 << 32);           \
        const int64_t q = x2[k] + x3[k] * ((int64_t)1 << 32);           \
        GENC_MAC(a0, p, w[4 * (k)]);                                    \
        GENC_MAC(a1, q, w[4 * (k)]);                                    \
        GENC_MAC(b0, p, w[4 * (k) + 1]);                                \
        GENC_MAC(b1, q, w[4 * (k) + 1]);                                \
        GENC_MAC(c0, p, w[4 * (k) + 2]);                                \
        GENC_MAC(c1, q, w[4 * (k) + 2]);                                \
        GENC_MAC(d0, p, w[4 * (k) + 3]);                                \
        GENC_MAC(d1, q, w[4 * (k) + 3]);                                \
        GENC_FENCE();                                                   \
    } while (0)

/** Sums of four channels of four pixels, without bias, to s[4 * channel + pixel]. */
static GENC_NOINLINE void genc_conv_dot(const int8_t *w, const int8_t *const x[4], int32_t count, int32_t *s)
{
    const int8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    const int8_t *const end = x0 + count, *const end4 = x0 + (count & ~3);
    int64_t a0 = 0, b0 = 0, c0 = 0, d0 = 0, a1 = 0, b1 = 0, c1 = 0, d1 = 0;
    for (; x0 != end4; x0 += 4, x1 += 4, x2 += 4, x3 += 4, w += 16) {
        GENC_STEP(0);
        GENC_STEP(1);
        GENC_STEP(2);
        GENC_STEP(3);
    }
    for (; x0 != end; x0++, x1++, x2++, x3++, w += 4) GENC_STEP(0);
    genc_conv_store(s + 0, a0);
    genc_conv_store(s + 2, a1);
    genc_conv_store(s + 4, b0);
    genc_conv_store(s + 6, b1);
    genc_conv_store(s + 8, c0);
    genc_conv_store(s + 10, c1);
    genc_conv_store(s + 12, d0);
    genc_conv_store(s + 14, d1);
}

#else

/** Sums of four channels of four pixels, without bias, to s[4 * channel + pixel]. */
static GENC_NOINLINE void genc_conv_dot(const int8_t *w, const int8_t *const x[4], int32_t count, int32_t *s)
{
    const int8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3], *const end = x0 + count;
    int32_t a0 = 0, b0 = 0, c0 = 0, d0 = 0, a1 = 0, b1 = 0, c1 = 0, d1 = 0;
    int32_t a2 = 0, b2 = 0, c2 = 0, d2 = 0, a3 = 0, b3 = 0, c3 = 0, d3 = 0;
    for (; x0 != end; x0++, x1++, x2++, x3++, w += 4) {
        const int32_t p = *x0, q = *x1, r = *x2, t = *x3;
        GENC_MAC(a0, p, w[0]);
        GENC_MAC(a1, q, w[0]);
        GENC_MAC(a2, r, w[0]);
        GENC_MAC(a3, t, w[0]);
        GENC_FENCE();
        GENC_MAC(b0, p, w[1]);
        GENC_MAC(b1, q, w[1]);
        GENC_MAC(b2, r, w[1]);
        GENC_MAC(b3, t, w[1]);
        GENC_FENCE();
        GENC_MAC(c0, p, w[2]);
        GENC_MAC(c1, q, w[2]);
        GENC_MAC(c2, r, w[2]);
        GENC_MAC(c3, t, w[2]);
        GENC_FENCE();
        GENC_MAC(d0, p, w[3]);
        GENC_MAC(d1, q, w[3]);
        GENC_MAC(d2, r, w[3]);
        GENC_MAC(d3, t, w[3]);
        GENC_FENCE();
    }
    s[0] = a0;
    s[1] = a1;
    s[2] = a2;
    s[3] = a3;
    s[4] = b0;
    s[5] = b1;
    s[6] = b2;
    s[7] = b3;
    s[8] = c0;
    s[9] = c1;
    s[10] = c2;
    s[11] = c3;
    s[12] = d0;
    s[13] = d1;
    s[14] = d2;
    s[15] = d3;
}

#endif

static void genc_conv_pixels(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count)
{
    const int32_t depth = p->out_c / p->groups, low = p->low, high = p->high;
    const int8_t *w = (const int8_t *)p->weights, *from[4];
    int8_t *to[4];
    const int32_t *channels = p->channels;
    int32_t g, o, i;
    for (i = 0; i < 4; i++) { /* missing pixels repeat the last one */
        const int32_t pixel = i < count ? i : count - 1;
        from[i] = x + pixel * x_step;
        to[i] = y + pixel * p->out_c;
    }
    for (g = 0; g < p->groups; g++) {
        for (o = 0; o < depth; o += 4, w += 4 * p->patch, channels += 4 * GENC_CHANNEL_SIZE) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            int32_t s[16];
            genc_conv_dot(w, from, p->patch, s);
            for (i = 0; i < n; i++) {
                const int32_t *const channel = channels + i * GENC_CHANNEL_SIZE;
                genc_linear_pair(s[4 * i], s[4 * i + 1], channel, low, high, to[0]++, to[1]++);
                genc_linear_pair(s[4 * i + 2], s[4 * i + 3], channel, low, high, to[2]++, to[3]++);
            }
        }
        for (i = 0; i < 4; i++) from[i] += p->patch;
    }
}

void genc_conv_s8_4x4(const genc_conv_s8_4x4_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, 4, genc_conv_pixels);
}
