#include "genc_nnom_average_pool_q7.h"

void genc_nnom_average_pool_q7(const genc_nnom_average_pool_q7_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                               int32_t row_end)
{
    const int32_t in_size = p->in_h * p->in_w * p->channels, out_size = p->out_h * p->out_w * p->channels;
    int32_t n;
    if (row_begin == row_end) return;
    for (n = 0; n < p->batches; n++, in += in_size, out += out_size) {
        local_avepool_q7_HWC(in, (uint16_t)p->in_w, (uint16_t)p->in_h, (uint16_t)p->channels, (uint16_t)p->kernel_w,
                             (uint16_t)p->kernel_h, (uint16_t)p->pad_left, (uint16_t)p->pad_top, (uint16_t)p->stride_w,
                             (uint16_t)p->stride_h, (uint16_t)p->out_w, (uint16_t)p->out_h, 0, NULL, out);
        genc_nnom_activate(out, out_size, p->rectified, p->high);
    }
}
