#include "genc_esp_softmax_s8.h"

void genc_esp_softmax_s8(const genc_esp_softmax_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                         int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        esp_nn_set_softmax_scratch_buf(scratch);
        esp_nn_softmax_s8(in + row % p->in_rows_held * p->depth, 1, p->depth, p->multiplier, p->shift, p->diff_min,
                          out + row % p->out_rows_held * p->depth);
    }
}
