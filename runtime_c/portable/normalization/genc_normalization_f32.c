#include "genc_normalization_f32.h"

#include <math.h>

#include "genc_float.h"
#include "genc_odometer.h"

#define SHORT_RUN 64 /* elements that are added up by themselves: keeps the sums of many elements exact */

/* Sum over a run of (x - mean), or of its square. */
static float run_sum(const float *x, int32_t count, int32_t step, float mean, int32_t squares)
{
    float sum = 0.0f;
    for (int32_t begin = 0; begin < count; begin += SHORT_RUN) {
        const int32_t end = count - begin < SHORT_RUN ? count : begin + SHORT_RUN;
        float part = 0.0f;
        for (int32_t i = begin; i < end; i++) {
            const float v = x[i * step] - mean;
            part += squares ? v * v : v;
        }
        sum += part;
    }
    return sum;
}

/* The same over all dimensions normalised together, by their count. */
static float mean_of(const genc_normalization_f32_params *p, const float *x, float mean, int32_t squares)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    float sum = 0.0f;
    do {
        sum += run_sum(x + offset, p->inner_size, p->inner_step, mean, squares);
    } while (genc_next_position(index, p->reduced, p->reduced_rank, 2, &offset));
    return sum / p->count;
}

static void normalise(const genc_normalization_f32_params *p, const float *x, float *y)
{
    const float mean = p->centred ? mean_of(p, x, 0.0f, 0) : 0.0f;
    const float root = sqrtf(mean_of(p, x, mean, 1) + p->epsilon);
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    do {
        for (int32_t i = 0; i < p->inner_size; i++) {
            const int32_t at = offset + i * p->inner_step;
            y[at] = (x[at] - mean) / root;
        }
    } while (genc_next_position(index, p->reduced, p->reduced_rank, 2, &offset));
}

void genc_normalization_f32(const genc_normalization_f32_params *p, const float *x, float *y, int32_t row_begin,
                            int32_t row_end)
{
    const int32_t row_bytes = p->row_elements * (int32_t)sizeof(float);
    for (int32_t row = row_begin; row < row_end; row++) {
        const float *in = genc_floats(genc_row(x, row, p->x_held, row_bytes));
        float *out = genc_floats_out(genc_row_out(y, row, p->y_held, row_bytes));
        int32_t index[GENC_BOX_RANK] = {0};
        int32_t offset = 0;
        do {
            normalise(p, in + offset, out + offset);
        } while (genc_next_position(index, p->kept, p->kept_rank, 2, &offset));
    }
}
