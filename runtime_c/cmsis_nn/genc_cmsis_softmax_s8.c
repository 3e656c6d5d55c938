#include "genc_cmsis_softmax_s8.h"

void genc_cmsis_softmax_s8(const genc_cmsis_softmax_s8_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                           int32_t row_end)
{
    for (int32_t row = row_begin; row < row_end; row++) {
        arm_softmax_s8(in + row % p->in_rows_held * p->depth, 1, p->depth, p->multiplier, p->shift, p->diff_min,
                       out + row % p->out_rows_held * p->depth);
    }
}
