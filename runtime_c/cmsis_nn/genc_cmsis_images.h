/**
 * @file genc_cmsis_images.h
 * @brief What the adapters to CMSIS-NN's windows over images have in common: our parameters as its structs, bands of rows.
 *
 * CMSIS-NN itself is not here: its headers and sources are the user's (docs/backends.md).
 *
 * The library computes whole images.  It is called for bands of them: an image of the rows that the band reads, with
 * padding above only where the band begins above, gives the same rows.  So a layer takes turns with its neighbours.
 */
#ifndef GENC_CMSIS_IMAGES_H
#define GENC_CMSIS_IMAGES_H

#include <arm_nnfunctions.h>
#include <stddef.h>
#include <stdint.h>

/** A convolution or a pool of images [batches, h, w, c]; everything is final. */
typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_h;
    int32_t out_w;
    int32_t out_c;
    int32_t filter_c;          /* input channels of an output: in_c / groups; 1 in depthwise layers and pools */
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t in_row_bytes;      /* of an input row as it lies */
    int32_t out_row_bytes;
    int32_t band;              /* most output rows that are computed together; none goes past a multiple of it */
    int32_t pixels;            /* most output pixels whose patches are gathered at a time; 0: patches are not */
    int32_t patch_bytes;       /* of a gathered patch, those to fill up a word included */
    int32_t gathered_at;       /* bytes of the scratch before gathered rows */
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    int32_t input_offset;      /* minus the zero point of the input */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    int32_t context_bytes;     /* what the function asks for on this core: the scratch begins with it */
    int32_t bias_bytes;        /* of an element of the bias: 4, or 8 for int16 with an int64 bias */
    const int8_t *weights;     /* [out_c][kernel_h][kernel_w][filter_c], depthwise [kernel_h][kernel_w][out_c] */
    const void *bias;          /* [out_c], int32_t or int64_t */
    const int32_t *multiplier; /* [out_c] */
    const int32_t *shift;      /* [out_c], positive to the left */
} genc_cmsis_images;

/** Output rows that the library computes in one call, all of one image. */
typedef struct {
    int32_t end;     /* the row after the last one */
    int32_t in_rows; /* input rows that they read */
    int32_t pad_top; /* rows of padding above them */
    const void *in;  /* the first of them */
    void *out;
} genc_cmsis_band;

/**
 * The next band of an image.
 * @param in       rows of in_row_bytes, a ring of in_rows_held
 * @param out      rows of out_row_bytes, a ring of out_rows_held
 * @param scratch  gathers the window of a single row when it does not lie together
 * @param row      first row of the band; rows count through the images
 * @param row_end  no row of the band is at or behind it; above `row`
 */
genc_cmsis_band genc_cmsis_next(const genc_cmsis_images *p, const void *in, void *out, void *scratch, int32_t row,
                                int32_t row_end);

static inline cmsis_nn_context genc_cmsis_context(const genc_cmsis_images *p, void *scratch)
{
    cmsis_nn_context context;
    context.buf = p->context_bytes ? scratch : NULL;
    context.size = p->context_bytes;
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

static inline cmsis_nn_dims genc_cmsis_input(const genc_cmsis_images *p, const genc_cmsis_band *band)
{
    return genc_cmsis_dims(1, band->in_rows, p->in_w, p->in_c);
}

static inline cmsis_nn_dims genc_cmsis_output(const genc_cmsis_images *p, const genc_cmsis_band *band, int32_t row)
{
    return genc_cmsis_dims(1, band->end - row, p->out_w, p->out_c);
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

/** Without the padding above, which is each band's. */
static inline cmsis_nn_conv_params genc_cmsis_conv(const genc_cmsis_images *p)
{
    cmsis_nn_conv_params conv;
    conv.input_offset = p->input_offset;
    conv.output_offset = p->zero_point;
    conv.stride = genc_cmsis_tile(p->stride_w, p->stride_h);
    conv.padding = genc_cmsis_tile(p->pad_left, 0);
    conv.dilation = genc_cmsis_tile(p->dilation_w, p->dilation_h);
    conv.activation = genc_cmsis_activation(p->low, p->high);
    return conv;
}

/** Likewise. */
static inline cmsis_nn_dw_conv_params genc_cmsis_depthwise(const genc_cmsis_images *p)
{
    cmsis_nn_dw_conv_params conv;
    conv.input_offset = p->input_offset;
    conv.output_offset = p->zero_point;
    conv.ch_mult = p->out_c / p->in_c;
    conv.stride = genc_cmsis_tile(p->stride_w, p->stride_h);
    conv.padding = genc_cmsis_tile(p->pad_left, 0);
    conv.dilation = genc_cmsis_tile(p->dilation_w, p->dilation_h);
    conv.activation = genc_cmsis_activation(p->low, p->high);
    return conv;
}

#endif /* GENC_CMSIS_IMAGES_H */
