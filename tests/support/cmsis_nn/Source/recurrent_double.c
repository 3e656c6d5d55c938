/* A stand-in for CMSIS-NN's recurrent layers: see arm_nnfunctions.h.  A wrong call ends the program. */
#include "arm_nnsupportfunctions.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define demand(is) demand_at(is, __LINE__)

static void demand_at(int is, int line)
{
    if (is) return;
    fprintf(stderr, "CMSIS-NN's double of recurrent layers, line %d: wrong call\n", line);
    abort();
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static int64_t shift_right_ties_up(int64_t v, int32_t shift)
{
    return shift == 0 ? v : ((v >> (shift - 1)) + 1) >> 1;
}

/* The doubling high multiply, then the shift, which takes ties away from zero. */
static int32_t requantize(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int64_t shifted = shift > 0 ? sum * ((int64_t)1 << shift) : sum;
    const int64_t high = shift_right_ties_up(shifted * multiplier, 31);
    demand(multiplier >= 0 && shift >= -31 && shift <= 30 && shifted == (int32_t)shifted);
    if (shift >= 0) return (int32_t)high;
    return (int32_t)(high < 0 ? -shift_right_ties_up(-high, -shift) : shift_right_ties_up(high, -shift));
}

arm_cmsis_nn_status arm_nn_vec_mat_mul_result_acc_s8_s16(const int8_t *lhs, const int8_t *rhs,
                                                         const int32_t *effective_bias, int16_t *dst,
                                                         const int32_t dst_multiplier, const int32_t dst_shift,
                                                         const int32_t rhs_cols, const int32_t rhs_rows,
                                                         const int32_t batches, const int32_t batch_offset)
{
    int32_t b, row, k;
    demand(lhs && rhs && effective_bias && dst && rhs_cols > 0 && rhs_rows > 0 && batches > 0 && batch_offset > 0);
    for (b = 0; b < batches; b++, lhs += rhs_cols * batch_offset) {
        for (row = 0; row < rhs_rows; row++, dst++) {
            int64_t sum = effective_bias[row];
            for (k = 0; k < rhs_cols; k++) sum += lhs[k] * rhs[row * rhs_cols + k];
            *dst = (int16_t)clamp((int64_t)*dst + requantize(sum, dst_multiplier, dst_shift), INT16_MIN, INT16_MAX);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                            const int32_t input_1_offset, const int32_t input_2_offset,
                                            int16_t *output, const int32_t out_offset, const int32_t out_mult,
                                            const int32_t out_shift, const int32_t out_activation_min,
                                            const int32_t out_activation_max, const int32_t block_size)
{
    int32_t i;
    demand(input_1_vect && input_2_vect && output && input_1_offset == 0 && input_2_offset == 0 && out_offset == 0);
    demand(out_activation_min <= out_activation_max && block_size > 0);
    for (i = 0; i < block_size; i++) {
        const int32_t v = requantize((int64_t)input_1_vect[i] * input_2_vect[i], out_mult, out_shift);
        output[i] = (int16_t)clamp(v, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_acc_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                                const int32_t input_1_offset, const int32_t input_2_offset,
                                                int16_t *output, const int32_t out_offset, const int32_t out_mult,
                                                const int32_t out_shift, const int32_t out_activation_min,
                                                const int32_t out_activation_max, const int32_t block_size)
{
    const int clipped = out_activation_max > 0; /* 0: no clip */
    int32_t i;
    demand(input_1_vect && input_2_vect && output && input_1_offset == 0 && input_2_offset == 0 && out_offset == 0);
    demand(block_size > 0);
    for (i = 0; i < block_size; i++) {
        const int64_t v = requantize((int64_t)input_1_vect[i] * input_2_vect[i], out_mult, out_shift) + (int64_t)output[i];
        output[i] = (int16_t)clamp(v, clipped ? out_activation_min : INT16_MIN, clipped ? out_activation_max : INT16_MAX);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s16_s8(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                               int8_t *output, const int32_t out_offset, const int32_t out_mult,
                                               const int32_t out_shift, const int32_t block_size,
                                               const int32_t batch_size, const int32_t batch_offset)
{
    int32_t b, i;
    demand(input_1_vect && input_2_vect && output && block_size > 0 && batch_size > 0 && batch_offset > 0);
    demand(out_offset >= INT8_MIN && out_offset <= INT8_MAX);
    for (b = 0; b < batch_size; b++, output += block_size * batch_offset) {
        for (i = 0; i < block_size; i++) {
            const int32_t v = requantize((int64_t)*input_1_vect++ * *input_2_vect++, out_mult, out_shift);
            output[i] = (int8_t)clamp(v + out_offset, INT8_MIN, INT8_MAX);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
