/**
 * @file genc_cmsis_images.h
 * @brief What the adapters to CMSIS-NN's convolutions have in common: our parameters, as its structs.
 *
 * CMSIS-NN itself is not here: its headers and sources are the user's (docs/backends.md).
 */
#ifndef GENC_CMSIS_IMAGES_H
#define GENC_CMSIS_IMAGES_H

#include <arm_nnfunctions.h>
#include <stddef.h>
#include <stdint.h>

/** A convolution of whole images [batches, h, w, c], int8; everything is final. */
typedef struct {
    int32_t batches;
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_h;
    int32_t out_w;
    int32_t out_c;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t input_offset;      /* minus the zero point of the input */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    int32_t scratch_bytes;     /* what the function asks for on this core */
    const int8_t *weights;     /* [out_c][kernel_h][kernel_w][in_c], depthwise [kernel_h][kernel_w][out_c] */
    const int32_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c] */
    const int32_t *shift;      /* [out_c], positive to the left */
} genc_cmsis_images;

static inline cmsis_nn_context genc_cmsis_context(const genc_cmsis_images *p, void *scratch)
{
    cmsis_nn_context context;
    context.buf = scratch;
    context.size = p->scratch_bytes;
    return context;
}

static inline cmsis_nn_dims genc_cmsis_dims(int32_t n, int32_t h, int32_t w, int32_t c)
{
    cmsis_nn_dims dims;
    dims.n = n;
    dims.h = h;
    dims.w = w;
    dims.c = c;
    return dims;
}

static inline cmsis_nn_dims genc_cmsis_input(const genc_cmsis_images *p)
{
    return genc_cmsis_dims(p->batches, p->in_h, p->in_w, p->in_c);
}

static inline cmsis_nn_dims genc_cmsis_output(const genc_cmsis_images *p)
{
    return genc_cmsis_dims(p->batches, p->out_h, p->out_w, p->out_c);
}

static inline cmsis_nn_tile genc_cmsis_tile(int32_t w, int32_t h)
{
    cmsis_nn_tile tile;
    tile.w = w;
    tile.h = h;
    return tile;
}

static inline cmsis_nn_activation genc_cmsis_activation(int32_t low, int32_t high)
{
    cmsis_nn_activation activation;
    activation.min = low;
    activation.max = high;
    return activation;
}

/* The library only reads them, but says so with no const. */
static inline cmsis_nn_per_channel_quant_params genc_cmsis_scales(const int32_t *multiplier, const int32_t *shift)
{
    cmsis_nn_per_channel_quant_params scales;
    scales.multiplier = (int32_t *)multiplier;
    scales.shift = (int32_t *)shift;
    return scales;
}

static inline cmsis_nn_conv_params genc_cmsis_conv(const genc_cmsis_images *p)
{
    cmsis_nn_conv_params conv;
    conv.input_offset = p->input_offset;
    conv.output_offset = p->zero_point;
    conv.stride = genc_cmsis_tile(p->stride_w, p->stride_h);
    conv.padding = genc_cmsis_tile(p->pad_left, p->pad_top);
    conv.dilation = genc_cmsis_tile(p->dilation_w, p->dilation_h);
    conv.activation = genc_cmsis_activation(p->low, p->high);
    return conv;
}

static inline cmsis_nn_dw_conv_params genc_cmsis_depthwise(const genc_cmsis_images *p)
{
    cmsis_nn_dw_conv_params conv;
    conv.input_offset = p->input_offset;
    conv.output_offset = p->zero_point;
    conv.ch_mult = p->out_c / p->in_c;
    conv.stride = genc_cmsis_tile(p->stride_w, p->stride_h);
    conv.padding = genc_cmsis_tile(p->pad_left, p->pad_top);
    conv.dilation = genc_cmsis_tile(p->dilation_w, p->dilation_h);
    conv.activation = genc_cmsis_activation(p->low, p->high);
    return conv;
}

#endif /* GENC_CMSIS_IMAGES_H */
