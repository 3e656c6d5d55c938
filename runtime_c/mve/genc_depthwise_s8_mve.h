/**
 * @file genc_depthwise_s8_mve.h
 * @brief Depthwise convolution, int8: eight channels of two pixels at a time.
 */
#ifndef GENC_DEPTHWISE_S8_MVE_H
#define GENC_DEPTHWISE_S8_MVE_H

#include "genc_kernel.h"

/**
 * A depthwise convolution, NHWC, one output channel per input channel.
 *
 * Windows that lie in the image are read where they lie; others are copied with their padding, `strip` neighbouring
 * output pixels at a time.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* channels */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* the same as in_c */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows */
    int32_t kernel_w;        /* kernel columns */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* input pixels per output pixel */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* input pixels between kernel columns */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t pad_value;       /* zero point of the input */
    int32_t inside_begin;    /* first output pixel of a row that sees no padding at the sides */
    int32_t inside_end;      /* the one behind the last; inside_begin when there is none */
    int32_t strip;           /* output pixels whose windows are copied together, > 0 */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t clamped;         /* 1: `low` is the zero point or above it, so that ties below need no care */
    const int8_t *weights;   /* [blocks of 8 channels][kernel_h][kernel_w][8], filled up with zeros */
    const int32_t *channels; /* genc_eight [blocks], see genc_depthwise_s8_mve.c */
} genc_depthwise_s8_mve_params;

/**
 * DEPTHWISE_CONV_2D int8, one output channel per input channel, any kernel, stride, dilation and padding.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, in_c]
 * @param scratch  4 * kernel_h bytes, aligned to 4, then the strip:
 *                 kernel_h * ((strip - 1) * stride_w + (kernel_w - 1) * dilation_w + 1) * in_c bytes
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.depthwise_conv_2d.
 */
void genc_depthwise_s8_mve(const genc_depthwise_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_S8_MVE_H */
