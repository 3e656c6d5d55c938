#include "genc_softmax_f32.h"

#include "genc_exp.h"

void genc_softmax_f32(const genc_softmax_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end)
{
    int32_t r, c;
    for (r = row_begin; r < row_end; r++) {
        const float *in = genc_floats(genc_row(x, r, p->x_held, p->depth * 4));
        float *out = genc_floats_out(genc_row_out(y, r, p->y_held, p->depth * 4));
        float largest = in[0], sum;
        for (c = 1; c < p->depth; c++)
            if (in[c] > largest) largest = in[c];
        sum = largest - largest; /* 0; not a number, like the results, where that is infinite: all is masked */
        for (c = 0; c < p->depth; c++) {
            out[c] = genc_exp((in[c] - largest) * p->beta);
            sum += out[c];
        }
        for (c = 0; c < p->depth; c++) out[c] /= sum;
    }
}
