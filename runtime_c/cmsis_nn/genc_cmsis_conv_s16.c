#include "genc_cmsis_conv_s16.h"

void genc_cmsis_conv_s16(const genc_cmsis_conv_s16_params *p, const int16_t *in, int16_t *out, void *scratch,
                         int32_t row_begin, int32_t row_end)
{
    const cmsis_nn_context context = genc_cmsis_context(p, scratch);
    const cmsis_nn_per_channel_quant_params scales = genc_cmsis_scales(p->multiplier, p->shift);
    const cmsis_nn_dims filter = genc_cmsis_dims(p->out_c, p->kernel_h, p->kernel_w, p->filter_c);
    const cmsis_nn_dims bias = genc_cmsis_dims(1, 1, 1, p->out_c);
    const cmsis_nn_bias_data added = {p->bias, p->bias_bytes == 4};
    cmsis_nn_conv_params conv = genc_cmsis_conv(p);
    int32_t row = row_begin;
    while (row < row_end) {
        const genc_cmsis_band band = genc_cmsis_next(p, in, out, scratch, row, row_end);
        const cmsis_nn_dims input = genc_cmsis_input(p, &band), output = genc_cmsis_output(p, &band, row);
        conv.padding.h = band.pad_top;
        (void)arm_convolve_s16(&context, &conv, &scales, &input, (const int16_t *)band.in, &filter, p->weights, &bias,
                               &added, &output, (int16_t *)band.out);
        row = band.end;
    }
}
