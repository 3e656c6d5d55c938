#include "genc_nnom_zero_padding_q7.h"

void genc_nnom_zero_padding_q7(const genc_nnom_zero_padding_q7_params *p, const int8_t *in, int8_t *out,
                               int32_t row_begin, int32_t row_end)
{
    const int32_t out_h = p->top + p->in_h + p->bottom, out_w = p->left + p->in_w + p->right;
    int32_t n;
    if (row_begin == row_end) return;
    for (n = 0; n < p->batches; n++) {
        local_zero_padding_HWC_q7(in, (uint16_t)p->in_w, (uint16_t)p->in_h, (uint16_t)p->channels, (uint16_t)p->top,
                                  (uint16_t)p->bottom, (uint16_t)p->left, (uint16_t)p->right, out, (uint16_t)out_w,
                                  (uint16_t)out_h);
        in += p->in_h * p->in_w * p->channels;
        out += out_h * out_w * p->channels;
    }
}
