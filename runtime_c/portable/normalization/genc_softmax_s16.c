#include "genc_softmax_s16.h"

#include "genc_requantize.h"

/* A table of 513 entries at `value`, interpolated. */
static int32_t look_up(const int16_t *table, int32_t value)
{
    const int16_t *entry = table + 256 + (value >> 7);
    return entry[0] + (((entry[1] - entry[0]) * (value & 0x7F) + 64) >> 7);
}

static void softmax_row(const genc_softmax_s16_params *p, const int16_t *x, int16_t *y)
{
    int32_t largest = INT16_MIN, sum = 0, headroom = 0, c;
    for (c = 0; c < p->depth; c++)
        if (x[c] > largest) largest = x[c];
    for (c = 0; c < p->depth; c++) {
        const int32_t scaled = genc_scale(x[c] - largest, p->multiplier, p->shift);
        y[c] = (int16_t)look_up(p->exp_table, genc_clamp(scaled, -65535, 0) + INT16_MAX);
        sum += y[c];
    }
    /* 1 / sum, the sum shifted until its leading bit is bit 30. */
    for (uint32_t bits = (uint32_t)sum; bits < 0x40000000u; bits <<= 1) headroom++;
    const uint32_t fraction = (((uint32_t)sum << headroom) + (1u << 13)) >> 14;
    const int32_t scale = look_up(p->reciprocal_table, genc_clamp((int32_t)fraction - 98304, INT16_MIN, INT16_MAX));
    const int32_t shift = 30 - headroom;
    for (c = 0; c < p->depth; c++)
        y[c] = (int16_t)genc_clamp((y[c] * scale + (1 << (shift - 1))) >> shift, 0, INT16_MAX);
}

void genc_softmax_s16(const genc_softmax_s16_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        softmax_row(p, (const int16_t *)(const void *)genc_row(x, r, p->x_held, p->depth * 2),
                    (int16_t *)(void *)genc_row_out(y, r, p->y_held, p->depth * 2));
    }
}
