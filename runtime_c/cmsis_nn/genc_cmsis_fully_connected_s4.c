#include "genc_cmsis_fully_connected_s4.h"

void genc_cmsis_fully_connected_s4(const genc_cmsis_fully_connected_s4_params *p, const int8_t *in, int8_t *out,
                                   int32_t row_begin, int32_t row_end)
{
    const cmsis_nn_dims input = genc_cmsis_dims(1, 1, 1, p->depth);
    const cmsis_nn_dims filter = genc_cmsis_dims(p->depth, 1, 1, p->outputs);
    const cmsis_nn_dims bias = genc_cmsis_dims(1, 1, 1, p->outputs);
    const cmsis_nn_dims output = genc_cmsis_dims(1, 1, 1, p->outputs);
    cmsis_nn_per_tensor_quant_params scale;
    cmsis_nn_context context;
    cmsis_nn_fc_params product;
    context.buf = NULL;
    context.size = 0;
    scale.multiplier = p->multiplier;
    scale.shift = p->shift;
    product.input_offset = p->input_offset;
    product.filter_offset = 0;
    product.output_offset = p->zero_point;
    product.activation = genc_cmsis_activation(p->low, p->high);
    for (int32_t row = row_begin; row < row_end; row++) {
        (void)arm_fully_connected_s4(&context, &product, &scale, &input, in + row % p->in_rows_held * p->depth, &filter,
                                     p->weights, &bias, p->bias, &output, out + row % p->out_rows_held * p->outputs);
    }
}
