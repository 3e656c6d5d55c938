#include "genc_svdf_hybrid.h"

#include "genc_dynamic_quantize.h"
#include "genc_svdf_floats.h"

/* Sum of w * (q - zero). */
static int32_t dot(const int8_t *w, const int8_t *q, int32_t zero, int32_t count)
{
    int32_t i, sum = 0;
    for (i = 0; i < count; i++) sum += w[i] * (q[i] - zero);
    return sum;
}

void genc_svdf_hybrid(const genc_svdf_hybrid_params *p, const float *x, const float *state, float *y, float *next,
                      void *scratch, int32_t row_begin, int32_t row_end)
{
    const int32_t entries = p->filters * p->memory, units = p->filters / p->rank;
    const int32_t state_bytes = entries * (int32_t)sizeof(float);
    const float limits[2] = {p->low, p->high};
    int8_t *const q = (int8_t *)scratch;
    int32_t row, f;
    for (row = row_begin; row < row_end; row++) {
        const float *old = genc_floats(genc_row(state, row, p->state_held, state_bytes));
        const float *in = genc_floats(genc_row(x, row, p->x_held, p->depth * (int32_t)sizeof(float)));
        float *const now = genc_floats_out(genc_row_out(next, row, p->next_held, state_bytes));
        float *const out = genc_floats_out(genc_row_out(y, row, p->y_held, units * (int32_t)sizeof(float)));
        const genc_dynamic_scale range = genc_dynamic_quantize(in, p->depth, p->asymmetric, q);
        const float factor = range.scale * p->feature_scale;
        memmove(now, old + 1, (size_t)(entries - 1) * sizeof(float));
        for (f = 0; f < p->filters; f++)
            now[(f + 1) * p->memory - 1] = factor * (float)dot(p->feature_weights + f * p->depth, q, range.zero_point, p->depth);
        genc_svdf_filtered(now, p->time_weights, p->bias, units, p->rank * p->memory, limits, out);
    }
}
