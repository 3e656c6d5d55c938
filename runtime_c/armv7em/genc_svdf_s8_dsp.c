#include "genc_svdf_s8_dsp.h"

#define GENC_SVDF_BLOCK 4 /* filters that share one pass over x */

/* Sum of products of two arrays of `bytes` bytes, int8, modulo 2^32. */
static GENC_NOINLINE int32_t genc_svdf_dot_s8(const int8_t *a, const int8_t *b, int32_t bytes, int32_t sum)
{
    const int8_t *const end = a + (bytes & ~3);
    int32_t i;
    for (; a != end; a += 4, b += 4) {
        const uint32_t v = genc_load4(a), w = genc_load4(b);
        sum = genc_dual_mac(genc_even_bytes(v), genc_even_bytes(w), sum);
        sum = genc_dual_mac(genc_odd_bytes(v), genc_odd_bytes(w), sum);
    }
    for (i = 0; i < (bytes & 3); i++) sum = (int32_t)((uint32_t)sum + (uint32_t)(a[i] * b[i]));
    return sum;
}

/* The same of int16. */
static GENC_NOINLINE int32_t genc_svdf_dot_s16(const int8_t *a, const int8_t *b, int32_t bytes, int32_t sum)
{
    const int8_t *const end = a + (bytes & ~3);
    for (; a != end; a += 4, b += 4) sum = genc_dual_mac(genc_load4(a), genc_load4(b), sum);
    if ((bytes & 3) != 0) {
        uint32_t v = 0, w = 0;
        memcpy(&v, a, 2);
        memcpy(&w, b, 2);
        sum = genc_dual_mac(v, w, sum);
    }
    return sum;
}

/* The group at x, for two pairs: s is {A, P} of both. */
static inline void genc_svdf_group(const uint32_t *w, uint32_t x, int32_t *s)
{
    const uint32_t even = genc_even_bytes(x), odd = genc_odd_bytes(x);
    s[1] = genc_dual_mac(w[1], odd, genc_dual_mac(w[0], even, s[1]));
    s[0] = genc_dual_mac(genc_even_bytes(w[1]), odd, genc_dual_mac(genc_even_bytes(w[0]), even, s[0]));
    s[3] = genc_dual_mac(w[3], odd, genc_dual_mac(w[2], even, s[3]));
    s[2] = genc_dual_mac(genc_even_bytes(w[3]), odd, genc_dual_mac(genc_even_bytes(w[2]), even, s[2]));
}

/* Four sums, of a block; returns the end of its stream. */
static GENC_NOINLINE const uint32_t *genc_svdf_block(const uint32_t *w, const int8_t *x, int32_t depth, int32_t *sums)
{
    const int8_t *const end = x + (depth & ~3);
    int32_t s[GENC_SVDF_BLOCK];
    memcpy(s, w, sizeof s);
    for (w += 4; x != end; x += 4, w += 4) genc_svdf_group(w, genc_load4(x), s);
    if ((depth & 3) != 0) {
        uint32_t last = 0;
        memcpy(&last, x, (size_t)(depth & 3));
        genc_svdf_group(w, last, s);
        w += 4;
    }
    sums[0] = s[0];
    sums[1] = (int32_t)((uint32_t)s[1] - (uint32_t)s[0]) >> 8;
    sums[2] = s[2];
    sums[3] = (int32_t)((uint32_t)s[3] - (uint32_t)s[2]) >> 8;
    return w;
}

/* The newest entry of each filter, to the last place of its memory. */
static void genc_svdf_newest(const genc_svdf_s8_dsp_params *p, const int8_t *x, int8_t *next)
{
    const int32_t bytes = p->state_bytes, step = p->memory * bytes;
    const int32_t high = bytes == 1 ? INT8_MAX : INT16_MAX, right = p->feature_right;
    const int32_t half = (int32_t)((uint32_t)1 << right >> 1), ties = right > 0 ? -1 : 0;
    const uint32_t *w = p->stream;
    int32_t f, i;
    next += step - bytes;
    for (f = 0; f < p->filters; f += GENC_SVDF_BLOCK) {
        const int32_t n = p->filters - f < GENC_SVDF_BLOCK ? p->filters - f : GENC_SVDF_BLOCK;
        int32_t sums[GENC_SVDF_BLOCK];
        w = genc_svdf_block(w, x, p->depth, sums);
        for (i = 0; i < n; i++, next += step) {
            const int32_t twice = (int32_t)((uint32_t)sums[i] << (p->feature_left + 1));
            const int32_t v = genc_high_mac_round(twice, p->feature_multiplier, half + (ties & twice >> 31)) >> right;
            const uint32_t entry = (uint32_t)(genc_clamp(v, -high - 1, high) + p->state_zero); /* wraps, like TFLM's */
            next[0] = (int8_t)(uint8_t)entry;
            if (bytes == 2) {
                const uint16_t wide = (uint16_t)entry;
                memcpy(next, &wide, sizeof wide);
            }
        }
    }
}

/* The filters over time. */
static void genc_svdf_filtered(const genc_svdf_s8_dsp_params *p, const int8_t *next, int8_t *y)
{
    const int32_t units = p->filters / p->rank, step = p->rank * p->memory * p->state_bytes;
    const int8_t *w = (const int8_t *)p->time_weights;
    int32_t u;
    for (u = 0; u < units; u++, next += step, w += step) {
        const int32_t sum = p->state_bytes == 1 ? genc_svdf_dot_s8(next, w, step, p->bias[u])
                                                : genc_svdf_dot_s16(next, w, step, p->bias[u]);
        y[u] = (int8_t)genc_saturate8(genc_scale(sum, p->time_multiplier, p->time_shift) + p->y_zero);
    }
}

/* Entries move on by one: `count` bytes from `from` on, of which `to` is another place or the one an entry before. */
static void genc_svdf_move(const int8_t *from, int8_t *to, int32_t count)
{
    const int8_t *const end = from + (count & ~3);
    int32_t i;
    for (; from != end; from += 4, to += 4) {
        const uint32_t v = genc_load4(from);
        GENC_FENCE(); /* no call of memmove: many libraries move bytes */
        memcpy(to, &v, sizeof v);
    }
    for (i = 0; i < (count & 3); i++) to[i] = from[i];
}

void genc_svdf_s8_dsp(const genc_svdf_s8_dsp_params *p, const int8_t *x, const void *state, int8_t *y, void *next,
                      int32_t row_begin, int32_t row_end)
{
    const int32_t state_bytes = p->filters * p->memory * p->state_bytes;
    for (; row_begin < row_end; row_begin++) {
        const int8_t *old = genc_row(state, row_begin, p->state_held, state_bytes);
        int8_t *const now = genc_row_out(next, row_begin, p->next_held, state_bytes);
        genc_svdf_move(old + p->state_bytes, now, state_bytes - p->state_bytes);
        genc_svdf_newest(p, genc_row(x, row_begin, p->x_held, p->depth), now);
        genc_svdf_filtered(p, now, genc_row_out(y, row_begin, p->y_held, p->filters / p->rank));
    }
}
