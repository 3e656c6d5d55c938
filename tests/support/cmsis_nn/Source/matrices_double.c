/* A stand-in for CMSIS-NN's products of matrices and transposed convolutions: see arm_nnfunctions.h.  A wrong call ends the program. */
#include "arm_nnfunctions.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__ARM_FEATURE_MVE)
enum { MVE = 1 };
#else
enum { MVE = 0 };
#endif

#define demand(is) demand_at(is, __LINE__)

static void demand_at(int is, int line)
{
    if (is) return;
    fprintf(stderr, "CMSIS-NN's double of matrices, line %d: wrong call\n", line);
    abort();
}

static int64_t ties_up(int64_t v, int32_t shift)
{
    return shift == 0 ? v : ((v >> (shift - 1)) + 1) >> 1;
}

/* The doubling high multiply, then the shift, which takes ties away from zero. */
static int64_t requantize(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int64_t shifted = shift > 0 ? sum * ((int64_t)1 << shift) : sum, high = ties_up(shifted * multiplier, 31);
    demand(multiplier >= 0 && shift >= -31 && shift <= 30 && shifted == (int32_t)shifted);
    if (shift >= 0) return high;
    return high < 0 ? -ties_up(-high, -shift) : ties_up(high, -shift);
}

/* Sums of 64 bits by a multiplier of 16. */
static int64_t requantize_wide(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int64_t narrow = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
    const int64_t twice = sum * narrow >> (14 - shift);
    demand(shift >= -31 && shift <= 7 && twice == (int32_t)twice);
    return (twice + 1) >> 1;
}

static void check_matrices(const cmsis_nn_bmm_params *p, const cmsis_nn_dims *a, const cmsis_nn_dims *b,
                           const cmsis_nn_dims *y)
{
    demand(!p->adj_x && !p->adj_y && a->n == 1 && a->h == 1 && b->n == 1 && b->h == 1 && y->n == 1 && y->h == 1);
    demand(a->w > 0 && a->c > 0 && b->w > 0 && b->c == a->c && y->w == a->w && y->c == b->w);
    demand(p->fc_params.activation.min < p->fc_params.activation.max);
}

static int64_t clamp(int64_t v, cmsis_nn_activation range)
{
    return v < range.min ? range.min : v > range.max ? range.max : v;
}

arm_cmsis_nn_status arm_batch_matmul_s8(const cmsis_nn_context *ctx, const cmsis_nn_bmm_params *bmm_params,
                                        const cmsis_nn_per_tensor_quant_params *quant_params,
                                        const cmsis_nn_dims *input_lhs_dims, const int8_t *input_lhs,
                                        const cmsis_nn_dims *input_rhs_dims, const int8_t *input_rhs,
                                        const cmsis_nn_dims *output_dims, int8_t *output)
{
    const cmsis_nn_fc_params *p = &bmm_params->fc_params;
    const int32_t depth = input_lhs_dims->c;
    int32_t row, column, k;
    check_matrices(bmm_params, input_lhs_dims, input_rhs_dims, output_dims);
    demand(ctx->size == (MVE ? 4 * input_rhs_dims->w : 0) && (ctx->size == 0 || (uintptr_t)ctx->buf % 4 == 0));
    if (ctx->size > 0) memset(ctx->buf, 0xA5, (size_t)ctx->size);
    for (row = 0; row < output_dims->w; row++)
        for (column = 0; column < output_dims->c; column++) {
            int64_t sum = 0;
            for (k = 0; k < depth; k++) {
                sum += (input_lhs[row * depth + k] + p->input_offset) * (input_rhs[column * depth + k] + p->filter_offset);
            }
            sum = requantize(sum, quant_params->multiplier, quant_params->shift) + p->output_offset;
            *output++ = (int8_t)clamp(sum, p->activation);
        }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_batch_matmul_s16(const cmsis_nn_context *ctx, const cmsis_nn_bmm_params *bmm_params,
                                         const cmsis_nn_per_tensor_quant_params *quant_params,
                                         const cmsis_nn_dims *input_lhs_dims, const int16_t *input_lhs,
                                         const cmsis_nn_dims *input_rhs_dims, const int16_t *input_rhs,
                                         const cmsis_nn_dims *output_dims, int16_t *output)
{
    const cmsis_nn_fc_params *p = &bmm_params->fc_params;
    const int32_t depth = input_lhs_dims->c;
    int32_t row, column, k;
    check_matrices(bmm_params, input_lhs_dims, input_rhs_dims, output_dims);
    demand(ctx->size == 0 && p->input_offset == 0 && p->filter_offset == 0 && p->output_offset == 0);
    for (row = 0; row < output_dims->w; row++)
        for (column = 0; column < output_dims->c; column++) {
            int64_t sum = 0;
            for (k = 0; k < depth; k++) sum += (int64_t)input_lhs[row * depth + k] * input_rhs[column * depth + k];
            sum = requantize_wide(sum, quant_params->multiplier, quant_params->shift);
            *output++ = (int16_t)clamp(sum, p->activation);
        }
    return ARM_CMSIS_NN_SUCCESS;
}

/* The sum of one output: of every input pixel whose kernel reaches it. */
static int64_t transposed_sum(const cmsis_nn_transpose_conv_params *p, const cmsis_nn_dims *in, const int8_t *x,
                              const cmsis_nn_dims *filter, const int8_t *w, const int32_t *at)
{
    int64_t sum = 0;
    int32_t i, j, c;
    for (i = 0; i < in->h; i++)
        for (j = 0; j < in->w; j++) {
            const int32_t row = at[0] + p->padding.h - i * p->stride.h, column = at[1] + p->padding.w - j * p->stride.w;
            const int8_t *tap = w + ((at[2] * filter->h + row) * filter->w + column) * filter->c;
            if (row < 0 || row >= filter->h || column < 0 || column >= filter->w) continue;
            for (c = 0; c < in->c; c++) sum += (x[(i * in->w + j) * in->c + c] + p->input_offset) * tap[c];
        }
    return sum;
}

arm_cmsis_nn_status arm_transpose_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_transpose_conv_params *transpose_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const cmsis_nn_transpose_conv_params *p = transpose_conv_params;
    const cmsis_nn_dims *in = input_dims, *filter = filter_dims, *out = output_dims;
    const int32_t tall = filter->h > p->stride.h ? filter->h : p->stride.h;
    const int32_t wide = (in->w - 1) * p->stride.w + (filter->w > p->stride.w ? filter->w : p->stride.w);
    const int32_t finished = in->h * p->stride.h - p->padding.h, reach = finished + tall - p->stride.h;
    int32_t n, at[3];
    (void)output_ctx;
    demand(in->n > 0 && out->n == in->n && filter->n == out->c && filter->c == in->c && bias_dims->c == out->c);
    demand(input_data && filter_data && bias_data && output_data && p->padding.h >= 0 && p->padding.w >= 0);
    demand(finished >= 0 && finished <= out->h && reach >= out->h && p->padding.w + out->w <= wide);
    demand(ctx->buf && (uintptr_t)ctx->buf % 4 == 0 && ctx->size >= wide * tall * out->c * (int32_t)sizeof(int32_t));
    memset(ctx->buf, 0xA5, (size_t)ctx->size);
    for (n = 0; n < in->n; n++, input_data += in->h * in->w * in->c)
        for (at[0] = 0; at[0] < out->h; at[0]++)
            for (at[1] = 0; at[1] < out->w; at[1]++)
                for (at[2] = 0; at[2] < out->c; at[2]++) {
                    const int32_t *const m = quant_params->multiplier, *const shift = quant_params->shift, o = at[2];
                    int64_t v = bias_data[o] + transposed_sum(p, in, input_data, filter, filter_data, at);
                    v = requantize(v, m[o], shift[o]) + p->output_offset;
                    *output_data++ = (int8_t)clamp(v, p->activation);
                }
    return ARM_CMSIS_NN_SUCCESS;
}
