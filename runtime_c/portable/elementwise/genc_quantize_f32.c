#include "genc_quantize_f32.h"

/* Nearest integer, ties away from zero; INT32_MIN where there is none. */
static int32_t nearest(float value)
{
    if (!(value > -2147483648.0f && value < 2147483648.0f)) return INT32_MIN;
    const int32_t whole = (int32_t)value;
    const float rest = value - (float)whole;
    return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

/* From x / scale; `zero_point` is added, and the sum limited. */
static GENC_NOINLINE int32_t beyond(const genc_quantize_f32_params *p, float value)
{
    const uint32_t sum = (uint32_t)nearest(value) + (uint32_t)p->zero_point;
    return genc_clamp((int32_t)sum, p->low, p->high);
}

#define GENC_FRACTION 14 /* bits behind the point: a value of 17 bits and sign stays inside int32 */

/* Quotients between the limits are rounded as integers, which is cheap; ties are seen as what they are, because a float
   that is not one half does not become it by losing bits.  The others go the long way. */
static inline int32_t quantized(const genc_quantize_f32_params *p, float value, float low, float high)
{
    if (value > low && value < high) {
        const int32_t fine = (int32_t)(value * (float)(1 << GENC_FRACTION));
        return ((fine + (fine >> 31) + (1 << (GENC_FRACTION - 1))) >> GENC_FRACTION) + p->zero_point;
    }
    return beyond(p, value);
}

void genc_quantize_f32(const genc_quantize_f32_params *params, const float *x, void *y, int32_t row_begin,
                       int32_t row_end)
{
    const genc_quantize_f32_params p = *params; /* the compiler would load them again after every byte written */
    const float low = (float)(p.low - p.zero_point), high = (float)(p.high - p.zero_point);
    const int32_t row_bytes = p.row_elements * p.y_bytes;
    int32_t r, i;
    for (r = row_begin; r < row_end; r++) {
        const void *row = genc_row(x, r, p.x_held, p.row_elements * (int32_t)sizeof(float));
        const float *in = (const float *)row;
        int8_t *out = genc_row_out(y, r, p.y_held, row_bytes);
        int16_t *wide = (int16_t *)(void *)out;
        if (p.y_bytes == 1) {
            for (i = 0; i < p.row_elements; i++) out[i] = (int8_t)quantized(&p, in[i] / p.scale, low, high);
        } else {
            for (i = 0; i < p.row_elements; i++) wide[i] = (int16_t)quantized(&p, in[i] / p.scale, low, high);
        }
    }
}
