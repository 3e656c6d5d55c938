/**
 * @file genc_depthwise_taps_s8_dsp.h
 * @brief Depthwise convolution, int8, for DSP cores, of few outputs: four channels of one pixel, tap by tap.
 */
#ifndef GENC_DEPTHWISE_TAPS_S8_DSP_H
#define GENC_DEPTHWISE_TAPS_S8_DSP_H

#include "genc_dsp.h"

#define GENC_TAPS_CHANNELS 4 /* taken at a time */
#define GENC_TAPS_CHANNEL 3  /* constants of a channel */

/**
 * A depthwise convolution, NHWC, without padding, of four channels or more.  The input's zero point is in the bias.
 * The last four channels are a block of their own where their number is no multiple of four: some are computed twice.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* channels, 4 or more */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* in_c */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows */
    int32_t kernel_w;        /* kernel columns */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* input pixels per output pixel */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* input pixels between kernel columns */
    int32_t pad_top;         /* 0 */
    int32_t pad_left;        /* 0 */
    int32_t zero_point;      /* of the output */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    const uint32_t *weights; /* [block][tap], bytes: four channels */
    const int32_t *channels; /* [block][4][GENC_TAPS_CHANNEL] {bias, multiplier, shift to the right 1 ... 30} */
} genc_depthwise_taps_s8_dsp_params;

/**
 * DEPTHWISE_CONV_2D int8 without a channel multiplier.
 * @param in   NHWC [N, in_h, in_w, in_c]
 * @param out  NHWC [N, out_h, out_w, in_c]
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.
 */
void genc_depthwise_taps_s8_dsp(const genc_depthwise_taps_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_TAPS_S8_DSP_H */
