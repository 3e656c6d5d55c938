#include "genc_esp_mean_s8.h"

void genc_esp_mean_s8(const genc_esp_mean_s8_params *p, const int8_t *in, int8_t *out,
                      int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        esp_nn_mean_nhwc_s8(in + row * p->height * p->width * p->channels, out + row * p->channels, p->height,
                            p->width, p->channels, p->x_zero, p->y_zero, p->multiplier, p->shift);
    }
}
