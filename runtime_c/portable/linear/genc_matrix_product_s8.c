#include "genc_matrix_product_s8.h"

void genc_matrix_product_s8(const genc_matrix_product_s8_params *p, const int8_t *x, const int8_t *w, int8_t *y,
                            int32_t row_begin, int32_t row_end)
{
    int32_t r, o, k;
    for (r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->depth);
        int8_t *out = genc_row_out(y, r, p->y_held, p->outputs);
        const int8_t *weight = w;
        for (o = 0; o < p->outputs; o++, weight += p->depth) {
            int32_t sum = p->bias != NULL ? p->bias[o] : 0;
            for (k = 0; k < p->depth; k++)
                sum = (int32_t)((uint32_t)sum + (uint32_t)((in[k] - p->x_zero) * (weight[k] - p->w_zero)));
            out[o] = (int8_t)genc_matrix_product_output(p, sum);
        }
    }
}
