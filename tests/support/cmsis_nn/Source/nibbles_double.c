/* A stand-in for CMSIS-NN: layers whose weights are of 4 bits.  They are spread out, and computed like those of bytes. */
#include "checks.h"

/* Weights as bytes; the caller frees them. */
static int8_t *spread(const int8_t *packed, int32_t count)
{
    int8_t *const weights = (int8_t *)malloc((size_t)count);
    int32_t i;
    demand(packed != NULL && weights != NULL);
    for (i = 0; i < count; i++) {
        const int32_t nibble = packed[i / 2] >> (i % 2 ? 4 : 0) & 15;
        weights[i] = (int8_t)(nibble < 8 ? nibble : nibble - 16);
    }
    return weights;
}

static int32_t size_of(const cmsis_nn_dims *dims)
{
    return dims->n * dims->h * dims->w * dims->c;
}

#define CONVOLUTION(name, params)                                                                                     \
    arm_cmsis_nn_status name(const cmsis_nn_context *ctx, const params *conv_params,                                  \
                             const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,  \
                             const int8_t *input_data, const cmsis_nn_dims *filter_dims, const int8_t *filter_data,   \
                             const cmsis_nn_dims *bias_dims, const int32_t *bias_data,                                \
                             const cmsis_nn_dims *output_dims, int8_t *output_data)

/* Calls the function for bytes. */
#define AS_BYTES(compute)                                                                               \
    do {                                                                                                              \
        int8_t *const weights = spread(filter_data, size_of(filter_dims));                                            \
        (void)compute(ctx, conv_params, quant_params, input_dims, input_data, filter_dims, weights, bias_dims,    \
                      bias_data, output_dims, output_data);                                               \
        free(weights);                                                                                                \
        return ARM_CMSIS_NN_SUCCESS;                                                                                  \
    } while (0)

CONVOLUTION(arm_convolve_1x1_s4_fast, cmsis_nn_conv_params)
{
    AS_BYTES(arm_convolve_1x1_s8_fast);
}

CONVOLUTION(arm_convolve_s4, cmsis_nn_conv_params)
{
    const int32_t patch = filter_dims->h * filter_dims->w * input_dims->c;
    const int32_t bytes = MVE ? (patch + 15) / 16 * 16 * 4 : (patch + 3) / 4 * 4 * 2 * (int32_t)sizeof(int16_t);
    cmsis_nn_context own;
    demand(filter_dims->c == input_dims->c && patch < 65536);
    check_buffer(ctx, MVE ? bytes : patch * 2 * (int32_t)sizeof(int16_t));
    own.buf = malloc((size_t)bytes + 16);
    own.size = bytes;
    demand(own.buf != NULL);
    {
        const cmsis_nn_context aligned = {(char *)own.buf + (16 - (uintptr_t)own.buf % 16) % 16, bytes};
        int8_t *const weights = spread(filter_data, size_of(filter_dims));
        (void)arm_convolve_s8(&aligned, conv_params, quant_params, input_dims, input_data, filter_dims, weights,
                              bias_dims, bias_data, NULL, output_dims, output_data);
        free(weights);
        free(own.buf);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

CONVOLUTION(arm_depthwise_conv_s4, cmsis_nn_dw_conv_params)
{
    demand(input_dims->c % 2 == 0);
    AS_BYTES(arm_depthwise_conv_s8);
}

CONVOLUTION(arm_depthwise_conv_s4_opt, cmsis_nn_dw_conv_params)
{
    demand(input_dims->c % 2 == 0 && DSP && !MVE && ctx->buf != NULL);
    AS_BYTES(arm_depthwise_conv_s8_opt);
}

arm_cmsis_nn_status arm_fully_connected_s4(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *fc_params,
                                           const cmsis_nn_per_tensor_quant_params *quant_params,
                                           const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                           const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const int32_t depth = filter_dims->n, outputs = output_dims->c;
    int8_t *const weights = spread(filter_data, depth * outputs);
    int32_t row, o, k;
    check_buffer(ctx, 0);
    demand(fc_params->filter_offset == 0 && input_dims->n > 0 && depth == input_dims->c && output_dims->n == input_dims->n);
    demand(bias_dims->c == outputs && filter_dims->c == outputs && input_data && bias_data && output_data);
    for (row = 0; row < input_dims->n; row++, input_data += depth) {
        for (o = 0; o < outputs; o++) {
            int32_t y = bias_data[o];
            for (k = 0; k < depth; k++) y += (input_data[k] + fc_params->input_offset) * weights[o * depth + k];
            y = requantize(y, quant_params->multiplier, quant_params->shift) + fc_params->output_offset;
            if (y < fc_params->activation.min) y = fc_params->activation.min;
            if (y > fc_params->activation.max) y = fc_params->activation.max;
            *output_data++ = (int8_t)y;
        }
    }
    free(weights);
    return ARM_CMSIS_NN_SUCCESS;
}
