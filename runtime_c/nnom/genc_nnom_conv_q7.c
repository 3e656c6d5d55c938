#include "genc_nnom_conv_q7.h"

void genc_nnom_conv_q7(const genc_nnom_conv_q7_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                       int32_t row_end)
{
    const int32_t in_size = p->in_h * p->in_w * p->in_c, out_size = p->out_h * p->out_w * p->out_c;
    int32_t n;
    if (row_begin == row_end) return;
    for (n = 0; n < p->batches; n++, in += in_size, out += out_size) {
        local_convolve_HWC_q7_nonsquare(
            in, (uint16_t)p->in_w, (uint16_t)p->in_h, (uint16_t)p->in_c, p->weights, (uint16_t)p->out_c,
            (uint16_t)p->kernel_w, (uint16_t)p->kernel_h, (uint16_t)p->pad_left, (uint16_t)p->pad_top,
            (uint16_t)p->stride_w, (uint16_t)p->stride_h, (uint16_t)p->dilation_w, (uint16_t)p->dilation_h, p->bias,
            p->bias_shift, p->out_shift, NNOM_QTYPE_PER_AXIS, out, (uint16_t)p->out_w, (uint16_t)p->out_h, NULL, NULL);
        genc_nnom_activate(out, out_size, p->rectified, p->high);
    }
}
