#include "genc_esp_conv_s8.h"

void genc_esp_conv_s8(const genc_esp_conv_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    const data_dims_t filter = genc_esp_dims(p->kernel_w, p->kernel_h, p->filter_c);
    const quant_data_t scales = genc_esp_scales(p);
    conv_params_t conv;
    const int32_t end = row_end * p->together;
    int32_t row = row_begin * p->together;
    conv.in_offset = p->input_offset;
    conv.out_offset = p->zero_point;
    conv.stride = genc_esp_pair(p->stride_w, p->stride_h);
    conv.dilation = genc_esp_pair(1, 1);
    conv.activation = genc_esp_range(p->low, p->high);
    esp_nn_set_conv_scratch_buf(scratch);
    while (row < end) {
        const genc_esp_band band = genc_esp_next(p, in, out, scratch, row, end);
        const data_dims_t input = genc_esp_dims(p->in_w, band.in_rows, p->in_c);
        const data_dims_t output = genc_esp_dims(p->out_w, band.out_rows, p->out_c);
        conv.padding = genc_esp_pair(p->pad_left, band.pad_top);
        esp_nn_conv_s8(&input, band.in, &filter, p->weights, p->bias, &output, band.out, &conv, &scales);
        row = band.end;
    }
}
