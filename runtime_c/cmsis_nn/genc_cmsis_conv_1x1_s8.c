#include "genc_cmsis_conv_1x1_s8.h"

void genc_cmsis_conv_1x1_s8(const genc_cmsis_conv_1x1_s8_params *p, const int8_t *in, int8_t *out, void *scratch, int32_t row_begin,
                            int32_t row_end)
{
    const cmsis_nn_context context = genc_cmsis_context(p, scratch);
    const cmsis_nn_conv_params conv = genc_cmsis_conv(p);
    const cmsis_nn_per_channel_quant_params scales = genc_cmsis_scales(p->multiplier, p->shift);
    const cmsis_nn_dims input = genc_cmsis_input(p), output = genc_cmsis_output(p);
    const cmsis_nn_dims filter = genc_cmsis_dims(p->out_c, p->kernel_h, p->kernel_w, p->in_c);
    const cmsis_nn_dims bias = genc_cmsis_dims(1, 1, 1, p->out_c);
    (void)row_begin;
    (void)row_end;
    (void)arm_convolve_1x1_s8_fast(&context, &conv, &scales, &input, in, &filter, p->weights, &bias, p->bias,
                                   &output, out);
}
