/* A stand-in for CMSIS-NN: see arm_nnfunctions.h.  A wrong call ends the program. */
#include "checks.h"

enum { CHANNELS_AT_A_TIME = 124 };

typedef struct {
    const cmsis_nn_dims *in, *filter, *out;
    cmsis_nn_tile stride, padding, dilation;
    cmsis_nn_activation range;
    int32_t in_offset, out_offset;
    int32_t ch_mult; /* 0: not depthwise */
    const int32_t *multiplier, *shift, *bias;
    const int8_t *x, *w;
} layer;

static int8_t finish(int32_t sum, int32_t multiplier, int32_t shift, int32_t offset, cmsis_nn_activation range)
{
    const int32_t y = requantize(sum, multiplier, shift) + offset;
    return (int8_t)(y < range.min ? range.min : y > range.max ? range.max : y);
}

static void check_numbers(int32_t in_offset, int32_t out_offset, cmsis_nn_activation range)
{
    demand(in_offset >= -127 && in_offset <= 128 && out_offset >= -128 && out_offset <= 127);
    demand(range.min >= -128 && range.min <= range.max && range.max <= 127);
}

static void check_layer(const layer *p, const cmsis_nn_dims *bias_dims, const int8_t *y)
{
    check_numbers(p->in_offset, p->out_offset, p->range);
    demand(p->x && p->w && p->bias && p->multiplier && p->shift && y);
    demand(p->in->n > 0 && p->in->h > 0 && p->in->w > 0 && p->in->c > 0);
    demand(p->out->n == p->in->n && p->out->h > 0 && p->out->w > 0 && bias_dims->c == p->out->c);
    demand(p->filter->h > 0 && p->filter->w > 0 && p->stride.h > 0 && p->stride.w > 0);
    demand(p->dilation.h > 0 && p->dilation.w > 0 && p->padding.h >= 0 && p->padding.w >= 0);
    if (p->ch_mult) {
        demand(p->filter->c == p->out->c && p->out->c == p->in->c * p->ch_mult);
    } else {
        demand(p->filter->n == p->out->c && p->filter->c > 0 && p->in->c % p->filter->c == 0);
        demand(p->out->c % (p->in->c / p->filter->c) == 0);
    }
}

/* One output: all taps inside the image, of the input channels of its group. */
static int32_t sum_of(const layer *p, int32_t n, int32_t oy, int32_t ox, int32_t o)
{
    const int32_t depth = p->ch_mult ? 1 : p->filter->c, group = p->ch_mult ? p->ch_mult : p->out->c / (p->in->c / depth);
    int32_t sum = p->bias[o], ky, kx, c;
    for (ky = 0; ky < p->filter->h; ky++) {
        for (kx = 0; kx < p->filter->w; kx++) {
            const int32_t y = oy * p->stride.h - p->padding.h + ky * p->dilation.h;
            const int32_t x = ox * p->stride.w - p->padding.w + kx * p->dilation.w;
            const int32_t tap = ky * p->filter->w + kx;
            const int8_t *pixel = p->x + ((n * p->in->h + y) * p->in->w + x) * p->in->c + o / group * depth;
            if (y < 0 || y >= p->in->h || x < 0 || x >= p->in->w) continue;
            for (c = 0; c < depth; c++) {
                const int32_t at = p->ch_mult ? tap * p->out->c + o : (o * p->filter->h * p->filter->w + tap) * depth + c;
                sum += (pixel[c] + p->in_offset) * p->w[at];
            }
        }
    }
    return sum;
}

static arm_cmsis_nn_status compute(const layer *p, const cmsis_nn_dims *bias_dims, int8_t *out)
{
    int32_t n, y, x, o;
    check_layer(p, bias_dims, out);
    for (n = 0; n < p->out->n; n++)
        for (y = 0; y < p->out->h; y++)
            for (x = 0; x < p->out->w; x++)
                for (o = 0; o < p->out->c; o++)
                    *out++ = finish(sum_of(p, n, y, x, o), p->multiplier[o], p->shift[o], p->out_offset, p->range);
    return ARM_CMSIS_NN_SUCCESS;
}

#define LAYER(params, mult)                                                                                           \
    {                                                                                                                 \
        input_dims, filter_dims, output_dims, (params)->stride, (params)->padding, (params)->dilation,                \
            (params)->activation, (params)->input_offset, (params)->output_offset, mult, quant_params->multiplier,    \
            quant_params->shift, bias_data, input_data, filter_data                                                   \
    }

arm_cmsis_nn_status arm_convolve_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                    const cmsis_nn_per_channel_quant_params *quant_params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                    const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                    const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                    const cmsis_nn_dims *upscale_dims, const cmsis_nn_dims *output_dims,
                                    int8_t *output_data)
{
    const layer p = LAYER(conv_params, 0);
    const int32_t patch = filter_dims->h * filter_dims->w * input_dims->c;
    demand(upscale_dims == NULL && patch < 65536);
    check_buffer(ctx, MVE ? (patch + 15) / 16 * 16 * 4 : (patch + 3) / 4 * 4 * 2 * (int32_t)sizeof(int16_t));
    return compute(&p, bias_dims, output_data);
}

arm_cmsis_nn_status arm_convolve_1x1_s8_fast(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *conv_params,
                                             const cmsis_nn_per_channel_quant_params *quant_params,
                                             const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                             const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                             const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                             const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const layer p = LAYER(conv_params, 0);
    demand(filter_dims->h == 1 && filter_dims->w == 1 && p.stride.h == 1 && p.stride.w == 1);
    demand(p.padding.h == 0 && p.padding.w == 0 && input_dims->h == output_dims->h && input_dims->w == output_dims->w);
    check_buffer(ctx, 0);
    return compute(&p, bias_dims, output_data);
}

arm_cmsis_nn_status arm_depthwise_conv_3x3_s8(const cmsis_nn_context *ctx,
                                              const cmsis_nn_dw_conv_params *dw_conv_params,
                                              const cmsis_nn_per_channel_quant_params *quant_params,
                                              const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                              const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                              const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                              const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const layer p = LAYER(dw_conv_params, dw_conv_params->ch_mult);
    demand(p.ch_mult == 1 && input_dims->n == 1 && filter_dims->h == 3 && filter_dims->w == 3);
    demand(p.padding.h <= 1 && p.padding.w <= 1 && p.dilation.h == 1 && p.dilation.w == 1);
    check_buffer(ctx, 0);
    return compute(&p, bias_dims, output_data);
}

arm_cmsis_nn_status arm_depthwise_conv_s8_opt(const cmsis_nn_context *ctx,
                                              const cmsis_nn_dw_conv_params *dw_conv_params,
                                              const cmsis_nn_per_channel_quant_params *quant_params,
                                              const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                              const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                              const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                              const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const layer p = LAYER(dw_conv_params, dw_conv_params->ch_mult);
    const int32_t taps = filter_dims->h * filter_dims->w;
    demand(p.ch_mult == 1 && input_dims->n == 1 && p.dilation.h == 1 && p.dilation.w == 1);
    check_buffer(ctx, MVE   ? 4 * CHANNELS_AT_A_TIME * taps
                      : DSP ? input_dims->c * taps * (int32_t)sizeof(int16_t)
                            : 0);
    return compute(&p, bias_dims, output_data);
}

arm_cmsis_nn_status arm_depthwise_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const layer p = LAYER(dw_conv_params, dw_conv_params->ch_mult);
    check_buffer(ctx, 0);
    return compute(&p, bias_dims, output_data);
}

arm_cmsis_nn_status arm_fully_connected_per_channel_s8(const cmsis_nn_context *ctx,
                                                       const cmsis_nn_fc_params *fc_params,
                                                       const cmsis_nn_per_channel_quant_params *quant_params,
                                                       const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                                       const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                                       const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                                       const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const int32_t depth = filter_dims->n, outputs = output_dims->c, *sums = ctx->buf;
    int32_t row, o, k;
    check_numbers(fc_params->input_offset, fc_params->output_offset, fc_params->activation);
    demand(fc_params->filter_offset == 0 && input_dims->n > 0 && depth == input_dims->c && output_dims->n == input_dims->n);
    demand(bias_dims->c == outputs && filter_dims->c == outputs && input_data && filter_data && bias_data && output_data);
    demand(MVE ? sums && ctx->size == outputs * (int32_t)sizeof *sums : !sums && ctx->size == 0);
    for (row = 0; row < input_dims->n; row++) {
        for (o = 0; o < outputs; o++) {
            int32_t sum = bias_data[o], weights = 0;
            for (k = 0; k < depth; k++) {
                const int32_t w = filter_data[o * depth + k];
                weights += w;
                sum += (input_data[row * depth + k] + fc_params->input_offset) * w;
            }
            demand(!sums || sums[o] == bias_data[o] + weights * fc_params->input_offset);
            *output_data++ = finish(sum, quant_params->multiplier[o], quant_params->shift[o], fc_params->output_offset,
                                    fc_params->activation);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
