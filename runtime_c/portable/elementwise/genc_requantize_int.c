#include "genc_requantize_int.h"

#include "genc_requantize.h"

void genc_requantize_int(const genc_requantize_int_params *p, const void *x, void *y, int32_t row_begin,
                         int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const void *in = genc_row(x, r, p->x_held, p->row_elements * p->x_bytes);
        void *out = genc_row_out(y, r, p->y_held, p->row_elements * p->y_bytes);
        for (int32_t i = 0; i < p->row_elements; i++) {
            const int32_t raw = genc_integer_at(in, i, p->x_bytes, p->x_unsigned);
            const int32_t scaled = genc_scale((int32_t)((uint32_t)raw - (uint32_t)p->x_zero), p->multiplier, p->shift);
            const int32_t value = genc_clamp(scaled, p->low, p->high) + p->y_zero;
            if (p->y_bytes == 1)
                ((int8_t *)out)[i] = (int8_t)value;
            else if (p->y_bytes == 4)
                ((int32_t *)out)[i] = value;
            else
                ((int16_t *)out)[i] = (int16_t)value;
        }
    }
}
