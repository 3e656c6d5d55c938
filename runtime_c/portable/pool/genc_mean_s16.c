#include "genc_mean_s16.h"

#include "genc_odometer.h"
#include "genc_requantize.h"

/* Sum of the elements that make one output, modulo 2^32 as TFLite's. */
static int32_t box_sum(const genc_mean_s16_params *p, const int16_t *x)
{
    int32_t index[GENC_BOX_RANK] = {0};
    const int32_t rank = p->reduced_rank - 1;
    const int32_t count = p->reduced[2 * rank], step = p->reduced[2 * rank + 1];
    int32_t offset = 0;
    uint32_t sum = (uint32_t)p->bias;
    do {
        for (int32_t i = 0; i < count; i++) {
            const int32_t value = x[offset + i * step];
            sum += (uint32_t)value;
        }
    } while (genc_next_position(index, p->reduced, rank, 2, &offset));
    return (int32_t)sum;
}

void genc_mean_s16(const genc_mean_s16_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    const int16_t *in = (const int16_t *)x;
    int16_t *out = (int16_t *)y;
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    if (row_begin >= row_end) return;
    do {
        for (int32_t i = 0; i < p->inner_size; i++) {
            const int32_t scaled = genc_scale(box_sum(p, in + offset + i * p->inner_step), p->multiplier, p->shift);
            *out++ = (int16_t)genc_clamp(scaled, INT16_MIN, INT16_MAX);
        }
    } while (genc_next_position(index, p->kept, p->kept_rank, 2, &offset));
}
