/**
 * @file arm_nn_recurrent.h
 * @brief A stand-in for CMSIS-NN, for tests: the part of arm_nnfunctions.h, which includes it, for recurrent layers.
 */
#ifndef ARM_NN_RECURRENT_H
#define ARM_NN_RECURRENT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ARM_SIGMOID = 0, ARM_TANH = 1 } arm_nn_activation_type;


typedef struct {
    int32_t rank, input_offset, output_offset;
    cmsis_nn_activation input_activation, output_activation;
} cmsis_nn_svdf_params;

typedef struct {
    int32_t input_multiplier, input_shift;
    const void *input_weights, *input_effective_bias;
    int32_t hidden_multiplier, hidden_shift;
    const void *hidden_weights, *hidden_effective_bias, *bias;
    arm_nn_activation_type activation_type;
} cmsis_nn_lstm_gate;

typedef struct {
    int32_t time_major, batch_size, time_steps, input_size, hidden_size, input_offset;
    int32_t forget_to_cell_multiplier, forget_to_cell_shift, input_to_cell_multiplier, input_to_cell_shift;
    int32_t cell_clip, cell_scale_power, output_multiplier, output_shift, output_offset;
    cmsis_nn_lstm_gate forget_gate, input_gate, cell_gate, output_gate;
} cmsis_nn_lstm_params;

typedef struct { void *temp1, *temp2, *cell_state, *hidden_state; } cmsis_nn_lstm_context;

arm_cmsis_nn_status arm_elementwise_mul_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                            const int32_t input_1_offset, const int32_t input_2_offset,
                                            int16_t *output, const int32_t out_offset, const int32_t out_mult,
                                            const int32_t out_shift, const int32_t out_activation_min,
                                            const int32_t out_activation_max, const int32_t block_size);

arm_cmsis_nn_status arm_lstm_unidirectional_s16(const int16_t *input, int16_t *output,
                                                const cmsis_nn_lstm_params *params, cmsis_nn_lstm_context *buffers);

arm_cmsis_nn_status arm_svdf_s8(const cmsis_nn_context *ctx, const cmsis_nn_context *input_ctx,
                                const cmsis_nn_context *output_ctx, const cmsis_nn_svdf_params *svdf_params,
                                const cmsis_nn_per_tensor_quant_params *input_quant_params,
                                const cmsis_nn_per_tensor_quant_params *output_quant_params,
                                const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                const cmsis_nn_dims *state_dims, int8_t *state_data,
                                const cmsis_nn_dims *weights_feature_dims, const int8_t *weights_feature_data,
                                const cmsis_nn_dims *weights_time_dims, const int8_t *weights_time_data,
                                const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                const cmsis_nn_dims *output_dims, int8_t *output_data);

arm_cmsis_nn_status arm_svdf_state_s16_s8(const cmsis_nn_context *input_ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_svdf_params *svdf_params,
                                          const cmsis_nn_per_tensor_quant_params *input_quant_params,
                                          const cmsis_nn_per_tensor_quant_params *output_quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *state_dims, int16_t *state_data,
                                          const cmsis_nn_dims *weights_feature_dims,
                                          const int8_t *weights_feature_data, const cmsis_nn_dims *weights_time_dims,
                                          const int16_t *weights_time_data, const cmsis_nn_dims *bias_dims,
                                          const int32_t *bias_data, const cmsis_nn_dims *output_dims,
                                          int8_t *output_data);

#ifdef __cplusplus
}
#endif

#endif /* ARM_NN_RECURRENT_H */
