#include "genc_esp_lookup_s8.h"

void genc_esp_lookup_s8(const genc_esp_lookup_s8_params *p, const int8_t *in, int8_t *out,
                        int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        esp_nn_logistic_s8(in + row % p->in_rows_held * p->row_bytes, out + row % p->out_rows_held * p->row_bytes,
                           p->row_bytes, p->table);
    }
}
