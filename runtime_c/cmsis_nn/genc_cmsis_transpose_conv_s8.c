#include "genc_cmsis_transpose_conv_s8.h"

static cmsis_nn_dims dims_of(int32_t n, int32_t h, int32_t w, int32_t c)
{
    cmsis_nn_dims dims;
    dims.n = n;
    dims.h = h;
    dims.w = w;
    dims.c = c;
    return dims;
}

void genc_cmsis_transpose_conv_s8(const genc_cmsis_transpose_conv_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                  int32_t row_begin, int32_t row_end)
{
    const cmsis_nn_dims input = dims_of(p->batches, p->in_h, p->in_w, p->in_c);
    const cmsis_nn_dims filter = dims_of(p->out_c, p->kernel_h, p->kernel_w, p->in_c);
    const cmsis_nn_dims bias = dims_of(1, 1, 1, p->out_c);
    const cmsis_nn_dims output = dims_of(p->batches, p->out_h, p->out_w, p->out_c);
    cmsis_nn_per_channel_quant_params scales;
    cmsis_nn_transpose_conv_params conv;
    cmsis_nn_context context, nothing;
    context.buf = scratch;
    context.size = p->scratch_bytes;
    nothing.buf = NULL;
    nothing.size = 0;
    scales.multiplier = (int32_t *)p->multiplier; /* only read */
    scales.shift = (int32_t *)p->shift;
    conv.input_offset = p->input_offset;
    conv.output_offset = p->zero_point;
    conv.stride.w = p->stride_w;
    conv.stride.h = p->stride_h;
    conv.padding.w = p->pad_left;
    conv.padding.h = p->pad_top;
    conv.padding_offsets.w = 0;
    conv.padding_offsets.h = 0;
    conv.dilation.w = 1;
    conv.dilation.h = 1;
    conv.activation.min = p->low;
    conv.activation.max = p->high;
    if (row_begin == row_end) return;
    (void)arm_transpose_conv_s8(&context, &nothing, &conv, &scales, &input, in, &filter, p->weights, &bias, p->bias, &output,
                                out);
}
