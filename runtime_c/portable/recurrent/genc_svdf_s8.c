#include "genc_svdf_s8.h"

#include "genc_dot_u8.h"
#include "genc_requantize.h"

/* Sum of products of two arrays of `count` elements, modulo 2^32. */
static uint32_t dot_s8(const int8_t *a, const int8_t *b, int32_t count)
{
    int32_t i;
    uint32_t sum = 0;
    for (i = 0; i < count; i++) sum += (uint32_t)(a[i] * b[i]);
    return sum;
}

static uint32_t dot_s16(const int16_t *a, const int16_t *b, int32_t count)
{
    int32_t i;
    uint32_t sum = 0;
    for (i = 0; i < count; i++) sum += (uint32_t)(a[i] * b[i]);
    return sum;
}

/* The newest entry of each filter. */
static void newest(const genc_svdf_s8_params *p, const int8_t *x, void *next)
{
    const int32_t start = genc_dot_start(x, p->depth);
    const int32_t high = p->state_bytes == 1 ? INT8_MAX : INT16_MAX;
    const uint8_t *w = p->feature_weights;
    int32_t f, i;
    for (f = 0; f < p->filters; f += 4, w += 4 * p->depth) {
        const int32_t n = p->filters - f < 4 ? p->filters - f : 4;
        int32_t s[4];
        genc_dot_u8(w, x, p->depth, start, s);
        for (i = 0; i < n; i++) {
            const int32_t sum = (int32_t)((uint32_t)s[i] + (uint32_t)p->feature_bias[f + i]);
            const int32_t v = genc_scale(sum, p->feature_multiplier, p->feature_shift);
            const int32_t entry = genc_clamp(v, -high - 1, high) + p->state_zero; /* wraps, like TFLM's */
            const int32_t place = (f + i + 1) * p->memory - 1;
            if (p->state_bytes == 1) {
                ((int8_t *)next)[place] = (int8_t)(uint8_t)(uint32_t)entry;
            } else {
                ((int16_t *)next)[place] = (int16_t)(uint16_t)(uint32_t)entry;
            }
        }
    }
}

/* The filters over time. */
static void filtered(const genc_svdf_s8_params *p, const void *next, int8_t *y)
{
    const int32_t units = p->filters / p->rank, step = p->rank * p->memory;
    int32_t u;
    for (u = 0; u < units; u++) {
        uint32_t sum = (uint32_t)p->bias[u];
        int32_t v;
        if (p->state_bytes == 1) {
            sum += dot_s8((const int8_t *)next + u * step, (const int8_t *)p->time_weights + u * step, step);
        } else {
            sum += dot_s16((const int16_t *)next + u * step, (const int16_t *)p->time_weights + u * step, step);
        }
        v = genc_scale((int32_t)sum, p->time_multiplier, p->time_shift) + p->y_zero;
        y[u] = (int8_t)genc_clamp(v, INT8_MIN, INT8_MAX);
    }
}

void genc_svdf_s8(const genc_svdf_s8_params *p, const int8_t *x, const void *state, int8_t *y, void *next,
                  int32_t row_begin, int32_t row_end)
{
    const int32_t state_bytes = p->filters * p->memory * p->state_bytes;
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *old = genc_row(state, row, p->state_held, state_bytes);
        int8_t *const now = genc_row_out(next, row, p->next_held, state_bytes);
        memmove(now, old + p->state_bytes, (size_t)(state_bytes - p->state_bytes));
        newest(p, genc_row(x, row, p->x_held, p->depth), now);
        filtered(p, now, genc_row_out(y, row, p->y_held, p->filters / p->rank));
    }
}
