/* A stand-in for CMSIS-NN's functions without weights: see arm_nnfunctions.h.  A wrong call ends the program. */
#include "checks.h"

static int32_t clamp(int32_t v, cmsis_nn_activation range)
{
    return v < range.min ? range.min : v > range.max ? range.max : v;
}

static int32_t load(const void *from, int32_t at, int32_t bytes)
{
    return bytes == 1 ? ((const int8_t *)from)[at] : ((const int16_t *)from)[at];
}

static void store(void *to, int32_t at, int32_t bytes, int32_t v)
{
    demand(bytes == 1 ? v == (int8_t)v : v == (int16_t)v);
    if (bytes == 1) ((int8_t *)to)[at] = (int8_t)v;
    else ((int16_t *)to)[at] = (int16_t)v;
}

static void pool(const cmsis_nn_pool_params *p, const cmsis_nn_dims *in, const void *src, const cmsis_nn_dims *window,
                 const cmsis_nn_dims *out, void *dst, int32_t bytes, int mean)
{
    int32_t n, oy, ox, c, ky, kx;
    demand(in->n > 0 && in->h > 0 && in->w > 0 && in->c > 0 && out->n == in->n && out->h > 0 && out->w > 0);
    demand(out->c == in->c && window->h > 0 && window->w > 0 && p->stride.h > 0 && p->stride.w > 0);
    demand(p->padding.h >= 0 && p->padding.w >= 0 && p->activation.min <= p->activation.max && src && dst);
    for (n = 0; n < out->n; n++)
    for (oy = 0; oy < out->h; oy++)
    for (ox = 0; ox < out->w; ox++)
    for (c = 0; c < out->c; c++) {
        int32_t sum = 0, most = INT32_MIN, count = 0;
        for (ky = 0; ky < window->h; ky++) {
            for (kx = 0; kx < window->w; kx++) {
                const int32_t y = oy * p->stride.h - p->padding.h + ky, x = ox * p->stride.w - p->padding.w + kx;
                int32_t v;
                if (y < 0 || y >= in->h || x < 0 || x >= in->w) continue;
                v = load(src, ((n * in->h + y) * in->w + x) * in->c + c, bytes);
                sum += v;
                most = v > most ? v : most;
                count++;
            }
        }
        demand(count > 0);
        sum = (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
        store(dst, ((n * out->h + oy) * out->w + ox) * out->c + c, bytes, clamp(mean ? sum : most, p->activation));
    }
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *src,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *dst)
{
    check_buffer(ctx, DSP && !MVE ? input_dims->c * (int32_t)sizeof(int32_t) : 0);
    pool(pool_params, input_dims, src, filter_dims, output_dims, dst, 1, 1);
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_avgpool_s16(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int16_t *src,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int16_t *dst)
{
    check_buffer(ctx, DSP && !MVE ? input_dims->c * (int32_t)sizeof(int32_t) : 0);
    pool(pool_params, input_dims, src, filter_dims, output_dims, dst, 2, 1);
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *src,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *dst)
{
    check_buffer(ctx, 0);
    pool(pool_params, input_dims, src, filter_dims, output_dims, dst, 1, 0);
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_max_pool_s16(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *pool_params,
                                    const cmsis_nn_dims *input_dims, const int16_t *src,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int16_t *dst)
{
    check_buffer(ctx, 0);
    pool(pool_params, input_dims, src, filter_dims, output_dims, dst, 2, 0);
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_1_mult,
                                           const int32_t input_1_shift, const int32_t input_2_offset,
                                           const int32_t input_2_mult, const int32_t input_2_shift,
                                           const int32_t left_shift, int8_t *output, const int32_t out_offset,
                                           const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size)
{
    const cmsis_nn_activation range = {out_activation_min, out_activation_max};
    int32_t i;
    demand(input_1_vect && input_2_vect && output && block_size > 0 && left_shift == 20);
    demand(out_activation_min <= out_activation_max);
    for (i = 0; i < block_size; i++) {
        const int32_t a = (input_1_vect[i] + input_1_offset) * (1 << left_shift);
        const int32_t b = (input_2_vect[i] + input_2_offset) * (1 << left_shift);
        const int32_t sum = requantize(a, input_1_mult, input_1_shift) + requantize(b, input_2_mult, input_2_shift);
        store(output, i, 1, clamp(requantize(sum, out_mult, out_shift) + out_offset, range));
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_2_offset, int8_t *output,
                                           const int32_t out_offset, const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size)
{
    const cmsis_nn_activation range = {out_activation_min, out_activation_max};
    int32_t i;
    demand(input_1_vect && input_2_vect && output && block_size > 0);
    demand(out_activation_min <= out_activation_max);
    for (i = 0; i < block_size; i++) {
        const int32_t product = (input_1_vect[i] + input_1_offset) * (input_2_vect[i] + input_2_offset);
        store(output, i, 1, clamp(requantize(product, out_mult, out_shift) + out_offset, range));
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_add_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_1_mult,
                                           const int32_t input_1_shift, const int32_t input_2_offset,
                                           const int32_t input_2_mult, const int32_t input_2_shift,
                                           const int32_t left_shift, int16_t *output, const int32_t out_offset,
                                           const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size)
{
    const cmsis_nn_activation range = {out_activation_min, out_activation_max};
    int32_t i;
    demand(input_1_vect && input_2_vect && output && block_size > 0 && left_shift == 15);
    demand(out_activation_min <= out_activation_max && input_1_offset == 0 && input_2_offset == 0 && out_offset == 0);
    for (i = 0; i < block_size; i++) {
        const int32_t a = (input_1_vect[i] + input_1_offset) * (1 << left_shift);
        const int32_t b = (input_2_vect[i] + input_2_offset) * (1 << left_shift);
        const int32_t sum = requantize(a, input_1_mult, input_1_shift) + requantize(b, input_2_mult, input_2_shift);
        store(output, i, 2, clamp(requantize(sum, out_mult, out_shift) + out_offset, range));
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_maximum_s8(const cmsis_nn_context *ctx, const int8_t *input_1_data,
                                   const cmsis_nn_dims *input_1_dims, const int8_t *input_2_data,
                                   const cmsis_nn_dims *input_2_dims, int8_t *output_data,
                                   const cmsis_nn_dims *output_dims)
{
    const int32_t size = output_dims->n * output_dims->h * output_dims->w * output_dims->c;
    int32_t i;
    demand(ctx && input_1_data && input_2_data && output_data && size > 0);
    demand(!memcmp(input_1_dims, output_dims, sizeof *output_dims) && !memcmp(input_2_dims, output_dims, sizeof *output_dims));
    for (i = 0; i < size; i++) output_data[i] = input_1_data[i] > input_2_data[i] ? input_1_data[i] : input_2_data[i];
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_minimum_s8(const cmsis_nn_context *ctx, const int8_t *input_1_data,
                                   const cmsis_nn_dims *input_1_dims, const int8_t *input_2_data,
                                   const cmsis_nn_dims *input_2_dims, int8_t *output_data,
                                   const cmsis_nn_dims *output_dims)
{
    const int32_t size = output_dims->n * output_dims->h * output_dims->w * output_dims->c;
    int32_t i;
    demand(ctx && input_1_data && input_2_data && output_data && size > 0);
    demand(!memcmp(input_1_dims, output_dims, sizeof *output_dims) && !memcmp(input_2_dims, output_dims, sizeof *output_dims));
    for (i = 0; i < size; i++) output_data[i] = input_1_data[i] < input_2_data[i] ? input_1_data[i] : input_2_data[i];
    return ARM_CMSIS_NN_SUCCESS;
}
