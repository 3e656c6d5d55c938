#include "genc_esp_mul_channels_s8.h"

void genc_esp_mul_channels_s8(const genc_esp_mul_channels_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                              int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        const int32_t row_bytes = p->columns * p->channels;
        esp_nn_mul_broadcast_channel_s8(a + row % p->a_held * row_bytes, b, p->a_offset, p->b_offset,
                                        y + row % p->y_held * row_bytes, p->y_zero, p->y_multiplier, p->y_shift,
                                        p->low, p->high, p->columns, p->channels);
    }
}
