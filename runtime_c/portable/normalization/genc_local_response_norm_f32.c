#include "genc_local_response_norm_f32.h"

#include "genc_exp.h"

static float sum_of_squares(const float *x, int32_t first, int32_t last)
{
    float sum = 0.0f;
    for (int32_t c = first; c <= last; c++) sum += x[c] * x[c];
    return sum;
}

void genc_local_response_norm_f32(const genc_local_response_norm_f32_params *p, const float *x, float *y,
                                  int32_t row_begin, int32_t row_end)
{
    const int32_t row_bytes = p->depth * (int32_t)sizeof(float);
    for (int32_t row = row_begin; row < row_end; row++) {
        const float *in = genc_floats(genc_row(x, row, p->x_held, row_bytes));
        float *out = genc_floats_out(genc_row_out(y, row, p->y_held, row_bytes));
        for (int32_t c = 0; c < p->depth; c++) {
            const int32_t first = c > p->before ? c - p->before : 0;
            const int32_t last = c + p->after < p->depth ? c + p->after : p->depth - 1;
            const float base = p->bias + p->alpha * sum_of_squares(in, first, last);
            out[c] = in[c] * genc_exp(-p->beta * genc_log(base));
        }
    }
}
