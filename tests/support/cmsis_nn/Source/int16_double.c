/* A stand-in for CMSIS-NN's convolutions of int16: see arm_nnfunctions.h.  A wrong call ends the program. */
#include "checks.h"

typedef struct {
    const cmsis_nn_dims *in, *filter, *out;
    cmsis_nn_tile stride, padding, dilation;
    cmsis_nn_activation range;
    int32_t ch_mult; /* 0: not depthwise */
    const int32_t *multiplier, *shift;
    const int16_t *x;
    const int8_t *w;
} layer;

static int64_t product_of(const layer *p, int32_t n, int32_t oy, int32_t ox, int32_t o)
{
    const int32_t depth = p->ch_mult ? 1 : p->in->c;
    int64_t sum = 0;
    int32_t ky, kx, c;
    for (ky = 0; ky < p->filter->h; ky++) {
        for (kx = 0; kx < p->filter->w; kx++) {
            const int32_t y = oy * p->stride.h - p->padding.h + ky * p->dilation.h;
            const int32_t x = ox * p->stride.w - p->padding.w + kx * p->dilation.w;
            const int32_t tap = ky * p->filter->w + kx;
            const int16_t *pixel = p->x + ((n * p->in->h + y) * p->in->w + x) * p->in->c;
            if (y < 0 || y >= p->in->h || x < 0 || x >= p->in->w) continue;
            for (c = 0; c < depth; c++) {
                const int32_t at = p->ch_mult ? tap * p->out->c + o : (o * p->filter->h * p->filter->w + tap) * depth + c;
                sum += (int32_t)pixel[p->ch_mult ? o / p->ch_mult : c] * p->w[at];
            }
        }
    }
    return sum;
}

/* The multiplier is cut to 16 bits; one bit more than wanted is kept to round by. */
static int32_t requantize_64(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int64_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
    const int64_t twice = (sum * reduced) >> (14 - shift);
    demand(shift <= 14 && multiplier >= 0 && twice == (int32_t)twice && twice < INT32_MAX);
    return (int32_t)((twice + 1) >> 1);
}

static arm_cmsis_nn_status compute(const layer *p, const cmsis_nn_dims *bias_dims, const void *bias, int wide,
                                   int16_t *out)
{
    int32_t n, y, x, o;
    demand(p->x && p->w && bias && p->multiplier && p->shift && out && bias_dims->c == p->out->c);
    demand(p->in->n > 0 && p->in->h > 0 && p->in->w > 0 && p->in->c > 0 && p->out->n == p->in->n && p->out->h > 0);
    demand(p->out->w > 0 && p->filter->h > 0 && p->filter->w > 0 && p->stride.h > 0 && p->stride.w > 0);
    demand(p->dilation.h > 0 && p->dilation.w > 0 && p->padding.h >= 0 && p->padding.w >= 0);
    demand(p->range.min >= INT16_MIN && p->range.min <= p->range.max && p->range.max <= INT16_MAX);
    if (p->ch_mult) demand(p->filter->c == p->out->c && p->out->c == p->in->c * p->ch_mult);
    else demand(p->filter->n == p->out->c && p->filter->c == p->in->c);
    for (n = 0; n < p->out->n; n++)
    for (y = 0; y < p->out->h; y++)
    for (x = 0; x < p->out->w; x++)
    for (o = 0; o < p->out->c; o++) {
        const int64_t sum = product_of(p, n, y, x, o);
        int32_t v;
        demand(sum == (int32_t)sum);
        if (wide) {
            v = requantize_64(sum + ((const int64_t *)bias)[o], p->multiplier[o], p->shift[o]);
        } else {
            v = requantize((int32_t)sum + ((const int32_t *)bias)[o], p->multiplier[o], p->shift[o]);
        }
        *out++ = (int16_t)(v < p->range.min ? p->range.min : v > p->range.max ? p->range.max : v);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

#define LAYER(params, mult, in, weights)                                                                              \
    {                                                                                                                 \
        input_dims, filter_dims, output_dims, (params)->stride, (params)->padding, (params)->dilation,                \
            (params)->activation, mult, quant_params->multiplier, quant_params->shift, in, weights                    \
    }

arm_cmsis_nn_status arm_convolve_s16(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                     const cmsis_nn_per_channel_quant_params *quant_params,
                                     const cmsis_nn_dims *input_dims, const int16_t *input_data,
                                     const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                     const cmsis_nn_dims *bias_dims, const cmsis_nn_bias_data *bias_data,
                                     const cmsis_nn_dims *output_dims, int16_t *output_data)
{
    const layer p = LAYER(conv_params, 0, input_data, filter_data);
    const int32_t patch = filter_dims->h * filter_dims->w * input_dims->c;
    check_buffer(ctx, MVE ? (patch + 7) / 8 * 8 * 4 * (int32_t)sizeof(int16_t) : 2 * patch * (int32_t)sizeof(int16_t));
    return compute(&p, bias_dims, bias_data->data, !bias_data->is_int32_bias, output_data);
}

arm_cmsis_nn_status arm_depthwise_conv_s16(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                         const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
                         const int16_t *input, const cmsis_nn_dims *filter_dims, const int8_t *kernel,
                         const cmsis_nn_dims *bias_dims, const int64_t *bias, const cmsis_nn_dims *output_dims,
                         int16_t *output)
{
    const layer p = LAYER(dw_conv_params, dw_conv_params->ch_mult, input, kernel);
    check_buffer(ctx, 0);
    return compute(&p, bias_dims, bias, 1, output);
}

arm_cmsis_nn_status arm_depthwise_conv_fast_s16(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                         const cmsis_nn_per_channel_quant_params *quant_params, const cmsis_nn_dims *input_dims,
                         const int16_t *input, const cmsis_nn_dims *filter_dims, const int8_t *kernel,
                         const cmsis_nn_dims *bias_dims, const int64_t *bias, const cmsis_nn_dims *output_dims,
                         int16_t *output)
{
    const layer p = LAYER(dw_conv_params, dw_conv_params->ch_mult, input, kernel);
    const int32_t buffer = input_dims->c * filter_dims->h * filter_dims->w * (int32_t)sizeof(int16_t);
    demand(p.ch_mult == 1 && p.dilation.h == 1 && p.dilation.w == 1 && filter_dims->h * filter_dims->w < 512);
    demand(!MVE || input_dims->c % 4 == 0);
    check_buffer(ctx, MVE ? 4 * buffer + 8 : DSP ? buffer : 0);
    return compute(&p, bias_dims, bias, 1, output);
}
