#include "genc_mean_s8.h"

#include "genc_odometer.h"
#include "genc_requantize.h"

/* Sums of `lanes` elements, 1 to 4, of the innermost dimension of y. */
static void box_sums(const genc_mean_s8_params *p, const int8_t *x, int32_t lanes, int32_t sums[4])
{
    int32_t index[GENC_BOX_RANK] = {0};
    const int32_t rank = p->reduced_rank - 1;
    const int32_t count = p->reduced[2 * rank], step = p->reduced[2 * rank + 1], lane = p->inner_step;
    const int32_t second = lanes > 1 ? lane : 0, third = lanes > 2 ? 2 * lane : 0, fourth = lanes > 3 ? 3 * lane : 0;
    int32_t a = p->bias, b = a, c = a, d = a, offset = 0;
    do {
        const int8_t *in = x + offset;
        for (int32_t i = 0; i < count; i++, in += step) {
            a += in[0];
            b += in[second];
            c += in[third];
            d += in[fourth];
        }
    } while (genc_next_position(index, p->reduced, rank, 2, &offset));
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static void mean_line(const genc_mean_s8_params *p, const int8_t *x, int8_t *y)
{
    for (int32_t c = 0; c < p->inner_size; c += 4) {
        const int32_t lanes = p->inner_size - c < 4 ? p->inner_size - c : 4;
        int32_t sums[4];
        box_sums(p, x + c * p->inner_step, lanes, sums);
        for (int32_t i = 0; i < lanes; i++) {
            const int32_t scaled = genc_scale(sums[i], p->multiplier, p->shift);
            y[c + i] = (int8_t)(genc_clamp(scaled, INT8_MIN - p->y_zero, INT8_MAX - p->y_zero) + p->y_zero);
        }
    }
}

void genc_mean_s8(const genc_mean_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    if (row_begin >= row_end) return;
    do {
        mean_line(p, x + offset, y);
        y += p->inner_size;
    } while (genc_next_position(index, p->kept, p->kept_rank, 2, &offset));
}
