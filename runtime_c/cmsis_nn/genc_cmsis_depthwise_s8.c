#include "genc_cmsis_depthwise_s8.h"

void genc_cmsis_depthwise_s8(const genc_cmsis_depthwise_s8_params *p, const int8_t *in, int8_t *out, void *scratch, int32_t row_begin,
                             int32_t row_end)
{
    const cmsis_nn_context context = genc_cmsis_context(p, scratch);
    const cmsis_nn_dw_conv_params conv = genc_cmsis_depthwise(p);
    const cmsis_nn_per_channel_quant_params scales = genc_cmsis_scales(p->multiplier, p->shift);
    const cmsis_nn_dims input = genc_cmsis_input(p), output = genc_cmsis_output(p);
    const cmsis_nn_dims filter = genc_cmsis_dims(1, p->kernel_h, p->kernel_w, p->out_c);
    const cmsis_nn_dims bias = genc_cmsis_dims(1, 1, 1, p->out_c);
    (void)row_begin;
    (void)row_end;
    (void)arm_depthwise_conv_s8(&context, &conv, &scales, &input, in, &filter, p->weights, &bias, p->bias,
                                &output, out);
}
