#include "genc_esp_fully_connected_s8.h"

void genc_esp_fully_connected_s8(const genc_esp_fully_connected_s8_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *const x = in + row % p->in_rows_held * p->depth;
        int8_t *const y = out + row % p->out_rows_held * p->outputs;
        esp_nn_fully_connected_s8(x, 0, (uint16_t)p->depth, p->weights, 0, p->bias, y, (uint16_t)p->outputs,
                                  p->zero_point, p->shift, p->multiplier, p->low, p->high);
    }
}
