#include "genc_nnom_fully_connected_q7.h"

void genc_nnom_fully_connected_q7(const genc_nnom_fully_connected_q7_params *p, const int8_t *in, int8_t *out,
                                  int32_t row_begin, int32_t row_end)
{
    int32_t row;
    if (row_begin == row_end) return;
    for (row = 0; row < p->rows; row++, in += p->depth, out += p->outputs) {
        local_fully_connected_q7(in, p->weights, (uint16_t)p->depth, (uint16_t)p->outputs, (uint16_t)p->bias_shift,
                                 (uint16_t)p->out_shift, p->bias, out, NULL);
        genc_nnom_activate(out, p->outputs, p->rectified, p->high);
    }
}
