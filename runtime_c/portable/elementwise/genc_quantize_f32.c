#include "genc_quantize_f32.h"

/* Nearest integer, ties away from zero; INT32_MIN where there is none. */
static int32_t nearest(float value)
{
    if (!(value > -2147483648.0f && value < 2147483648.0f)) return INT32_MIN;
    const int32_t whole = (int32_t)value;
    const float rest = value - (float)whole;
    return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

void genc_quantize_f32(const genc_quantize_f32_params *p, const float *x, void *y, int32_t row_begin, int32_t row_end)
{
    const int32_t row_bytes = p->row_elements * p->y_bytes;
    for (int32_t r = row_begin; r < row_end; r++) {
        const void *row = genc_row(x, r, p->x_held, p->row_elements * (int32_t)sizeof(float));
        const float *in = (const float *)row;
        int8_t *out = genc_row_out(y, r, p->y_held, row_bytes);
        for (int32_t i = 0; i < p->row_elements; i++) {
            const uint32_t sum = (uint32_t)nearest(in[i] / p->scale) + (uint32_t)p->zero_point;
            const int32_t value = genc_clamp((int32_t)sum, p->low, p->high);
            if (p->y_bytes == 1)
                out[i] = (int8_t)value;
            else
                ((int16_t *)(void *)out)[i] = (int16_t)value;
        }
    }
}
