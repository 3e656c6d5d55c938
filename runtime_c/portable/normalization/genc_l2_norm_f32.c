#include "genc_l2_norm_f32.h"

#include <math.h>

#include "genc_float.h"

#define SMALLEST_NORM 1e-6f

void genc_l2_norm_f32(const genc_l2_norm_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end)
{
    int32_t r, c;
    for (r = row_begin; r < row_end; r++) {
        const float *in = genc_floats(genc_row(x, r, p->x_held, p->depth * 4));
        float *out = genc_floats_out(genc_row_out(y, r, p->y_held, p->depth * 4));
        float norm = 0.0f;
        for (c = 0; c < p->depth; c++) GENC_FMA(norm, in[c], in[c]);
        norm = sqrtf(norm);
        if (norm < SMALLEST_NORM) norm = SMALLEST_NORM;
        for (c = 0; c < p->depth; c++) out[c] = in[c] / norm;
    }
}
