/**
 * @file arm_nn_int16.h
 * @brief A stand-in for CMSIS-NN, for tests: its convolutions of int16; see arm_nnfunctions.h.
 */
#ifndef ARM_NN_INT16_H
#define ARM_NN_INT16_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const void *data;
    const bool is_int32_bias;
} cmsis_nn_bias_data;

arm_cmsis_nn_status arm_convolve_s16(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                     const cmsis_nn_per_channel_quant_params *quant_params,
                                     const cmsis_nn_dims *input_dims, const int16_t *input_data,
                                     const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                     const cmsis_nn_dims *bias_dims, const cmsis_nn_bias_data *bias_data,
                                     const cmsis_nn_dims *output_dims, int16_t *output_data);

arm_cmsis_nn_status arm_depthwise_conv_s16(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                         const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
                         const int16_t *input, const cmsis_nn_dims *filter_dims, const int8_t *kernel,
                         const cmsis_nn_dims *bias_dims, const int64_t *bias, const cmsis_nn_dims *output_dims,
                         int16_t *output);

arm_cmsis_nn_status arm_depthwise_conv_fast_s16(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                         const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
                         const int16_t *input, const cmsis_nn_dims *filter_dims, const int8_t *kernel,
                         const cmsis_nn_dims *bias_dims, const int64_t *bias, const cmsis_nn_dims *output_dims,
                         int16_t *output);

#ifdef __cplusplus
}
#endif

#endif /* ARM_NN_INT16_H */
