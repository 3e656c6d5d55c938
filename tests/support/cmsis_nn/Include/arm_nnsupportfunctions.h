/**
 * @file arm_nnsupportfunctions.h
 * @brief A stand-in for CMSIS-NN, for tests (see arm_nnfunctions.h): what its recurrent layers are made of.
 */
#ifndef ARM_NNSUPPORTFUNCTIONS_H
#define ARM_NNSUPPORTFUNCTIONS_H

#include "arm_nnfunctions.h"

#ifdef __cplusplus
extern "C" {
#endif

arm_cmsis_nn_status arm_nn_vec_mat_mul_result_acc_s8_s16(const int8_t *lhs, const int8_t *rhs,
                                                         const int32_t *effective_bias, int16_t *dst,
                                                         const int32_t dst_multiplier, const int32_t dst_shift,
                                                         const int32_t rhs_cols, const int32_t rhs_rows,
                                                         const int32_t batches, const int32_t batch_offset);

arm_cmsis_nn_status arm_elementwise_mul_acc_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                                const int32_t input_1_offset, const int32_t input_2_offset,
                                                int16_t *output, const int32_t out_offset, const int32_t out_mult,
                                                const int32_t out_shift, const int32_t out_activation_min,
                                                const int32_t out_activation_max, const int32_t block_size);

arm_cmsis_nn_status arm_elementwise_mul_s16_s8(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                               int8_t *output, const int32_t out_offset, const int32_t out_mult,
                                               const int32_t out_shift, const int32_t block_size,
                                               const int32_t batch_size, const int32_t batch_offset);

#ifdef __cplusplus
}
#endif

#endif /* ARM_NNSUPPORTFUNCTIONS_H */
