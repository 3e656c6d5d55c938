#include "genc_svdf_f32.h"

#include "genc_svdf_floats.h"

void genc_svdf_f32(const genc_svdf_f32_params *p, const float *x, const float *state, float *y, float *next,
                   int32_t row_begin, int32_t row_end)
{
    const int32_t entries = p->filters * p->memory, units = p->filters / p->rank;
    const int32_t state_bytes = entries * (int32_t)sizeof(float);
    const float limits[2] = {p->low, p->high};
    int32_t row, f;
    for (row = row_begin; row < row_end; row++) {
        const float *old = genc_floats(genc_row(state, row, p->state_held, state_bytes));
        const float *in = genc_floats(genc_row(x, row, p->x_held, p->depth * (int32_t)sizeof(float)));
        float *const now = genc_floats_out(genc_row_out(next, row, p->next_held, state_bytes));
        float *const out = genc_floats_out(genc_row_out(y, row, p->y_held, units * (int32_t)sizeof(float)));
        memmove(now, old + 1, (size_t)(entries - 1) * sizeof(float));
        for (f = 0; f < p->filters; f++)
            now[(f + 1) * p->memory - 1] = genc_svdf_dot(p->feature_weights + f * p->depth, in, p->depth);
        genc_svdf_filtered(now, p->time_weights, p->bias, units, p->rank * p->memory, limits, out);
    }
}
