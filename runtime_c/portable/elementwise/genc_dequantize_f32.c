#include "genc_dequantize_f32.h"

void genc_dequantize_f32(const genc_dequantize_f32_params *p, const void *x, float *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const void *in = genc_row(x, r, p->x_held, p->row_elements * p->x_bytes);
        void *row = genc_row_out(y, r, p->y_held, p->row_elements * (int32_t)sizeof(float));
        float *out = (float *)row;
        for (int32_t i = 0; i < p->row_elements; i++)
            out[i] = p->scale * (float)(genc_integer_at(in, i, p->x_bytes, p->x_unsigned) - p->zero_point);
    }
}
