#include "genc_mean_s8.h"

#include "genc_odometer.h"
#include "genc_requantize.h"

#define BLOCK 16 /* elements of the innermost dimension summed at a time, on the stack */

static void mean_block(const genc_mean_s8_params *p, const int8_t *x, int8_t *y, int32_t count)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t sum[BLOCK];
    const int32_t rank = p->reduced_rank - 1;
    const int32_t *inner = p->reduced + 2 * rank;
    int32_t offset = 0;
    for (int32_t c = 0; c < count; c++) sum[c] = p->bias;
    do {
        const int8_t *in = x + offset;
        for (int32_t i = 0; i < inner[0]; i++, in += inner[1])
            for (int32_t c = 0; c < count; c++) sum[c] += in[c * p->inner_step];
    } while (genc_next_position(index, p->reduced, rank, 2, &offset));
    for (int32_t c = 0; c < count; c++) {
        const int32_t scaled = genc_scale(sum[c], p->multiplier, p->shift);
        y[c] = (int8_t)(genc_clamp(scaled, INT8_MIN - p->y_zero, INT8_MAX - p->y_zero) + p->y_zero);
    }
}

void genc_mean_s8(const genc_mean_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    if (row_begin >= row_end) return;
    do {
        for (int32_t c = 0; c < p->inner_size; c += BLOCK) {
            const int32_t count = p->inner_size - c < BLOCK ? p->inner_size - c : BLOCK;
            mean_block(p, x + offset + c * p->inner_step, y + c, count);
        }
        y += p->inner_size;
    } while (genc_next_position(index, p->kept, p->kept_rank, 2, &offset));
}
