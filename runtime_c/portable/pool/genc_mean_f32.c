#include "genc_mean_f32.h"

#include "genc_float.h"
#include "genc_odometer.h"

/* Sum of the elements that make one output. */
static float box_sum(const genc_mean_f32_params *p, const float *x)
{
    int32_t index[GENC_BOX_RANK] = {0};
    const int32_t rank = p->reduced_rank - 1;
    const int32_t count = p->reduced[2 * rank], step = p->reduced[2 * rank + 1];
    int32_t offset = 0, i;
    float sum = 0.0f;
    do {
        for (i = 0; i < count; i++) sum += x[offset + i * step];
    } while (genc_next_position(index, p->reduced, rank, 2, &offset));
    return sum;
}

void genc_mean_f32(const genc_mean_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0, i;
    if (row_begin >= row_end) return;
    do {
        for (i = 0; i < p->inner_size; i++) *y++ = box_sum(p, x + offset + i * p->inner_step) / p->count;
    } while (genc_next_position(index, p->kept, p->kept_rank, 2, &offset));
}
