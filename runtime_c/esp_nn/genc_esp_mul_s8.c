#include "genc_esp_mul_s8.h"

void genc_esp_mul_s8(const genc_esp_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                     int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        esp_nn_mul_elementwise_s8(a + row % p->a_held * p->row_bytes, b + row % p->b_held * p->row_bytes, p->a_offset,
                                  p->b_offset, y + row % p->y_held * p->row_bytes, p->y_zero, p->y_multiplier,
                                  p->y_shift, p->low, p->high, p->row_bytes);
    }
}
