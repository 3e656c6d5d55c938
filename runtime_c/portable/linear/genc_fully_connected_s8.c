#include "genc_fully_connected_s8.h"

#include "genc_linear.h"

/** Four outputs at place k of the row. */
#define GENC_STEP(k)                    \
    do {                                \
        const int32_t v = x[k];         \
        GENC_MAC(a, v, w[4 * (k)]);     \
        GENC_MAC(b, v, w[4 * (k) + 1]); \
        GENC_MAC(c, v, w[4 * (k) + 2]); \
        GENC_MAC(d, v, w[4 * (k) + 3]); \
        GENC_FENCE();                   \
    } while (0)

/** Sums of four outputs, from `start`. */
static GENC_NOINLINE void genc_fully_connected_dot(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start,
                                                   int32_t *s)
{
    const int8_t *const end = x + depth, *const end4 = x + (depth & ~3);
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

static int8_t genc_fully_connected_output(const genc_fully_connected_s8_params *p, int32_t sum, const int32_t *scale)
{
    int64_t y = ((int64_t)sum * scale[0] + ((int64_t)1 << (scale[1] - 1))) >> scale[1];
    y += p->zero_point;
    if (y < p->low) return (int8_t)p->low;
    return (int8_t)(y > p->high ? p->high : y);
}

void genc_fully_connected_s8(const genc_fully_connected_s8_params *p, const int8_t *in, int8_t *out,
                             int32_t row_begin, int32_t row_end)
{
    int32_t row, o, i;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *x = genc_row(in, row, p->in_rows_held, p->depth);
        const uint8_t *w = p->weights;
        const int32_t *scale = p->scales;
        int8_t *y = genc_row_out(out, row, p->out_rows_held, p->outputs);
        int32_t start = 0; /* takes back what every weight has too much */
        for (i = 0; i < p->depth; i++) start -= x[i];
        start *= p->weights_offset;
        for (o = 0; o < p->outputs; o += 4, w += 4 * p->depth) {
            const int32_t n = p->outputs - o < 4 ? p->outputs - o : 4;
            int32_t s[4];
            genc_fully_connected_dot(w, x, p->depth, start, s);
            for (i = 0; i < n; i++, scale += p->scale_step) {
                const uint32_t sum = (uint32_t)s[i] + (uint32_t)p->bias[o + i];
                y[o + i] = genc_fully_connected_output(p, (int32_t)sum, scale);
            }
        }
    }
}
