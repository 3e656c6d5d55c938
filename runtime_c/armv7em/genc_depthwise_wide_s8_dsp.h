/**
 * @file genc_depthwise_wide_s8_dsp.h
 * @brief Depthwise convolution, int8, for DSP cores, any kernel: four taps at a time, by numbers of two digits.
 */
#ifndef GENC_DEPTHWISE_WIDE_S8_DSP_H
#define GENC_DEPTHWISE_WIDE_S8_DSP_H

#include "genc_digits_s8.h"

/**
 * A depthwise convolution, NHWC, one output channel per input channel.
 *
 * Four channels at a time are taken apart into planes, see genc_digits_s8.h.  The lines of a plane run along the width,
 * or along the height (`upright`), and so do those of the kernel.  There is no dilation along the lines.  A block of
 * output rows is computed channel by channel: while an output row is written, the input of as many as block - 1 rows
 * before it may still be needed.  Lines of the kernel that lie in the padding are left out.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* channels */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* channels, as many as in_c */
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
    int32_t zero_point;      /* of the output */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t upright;         /* 1: lines run along the height */
    int32_t block;           /* output rows computed together */
    int32_t line;            /* words of a line of a plane, a multiple of the stride along it */
    int32_t plane;           /* words of a plane */
    int32_t words;           /* of a part of a line of the kernel */
    int32_t parts;           /* of a line of the kernel; of one line only if the kernel has several */
    const int8_t *weights;   /* [channel][line of the kernel][part][words][2], second weight first, padded to fours */
    const int32_t *channels; /* [channel]{bias, multiplier, shift + 256 * offset of the digits} */
} genc_depthwise_wide_s8_dsp_params;

/**
 * DEPTHWISE_CONV_2D int8 with a channel multiplier of 1.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, in_c]
 * @param scratch  aligned to 4: 16 * plane bytes; 4 for each word of weights of a channel, an even number of them, and
 *                 for `words` more; 12 for each row of outputs of a block (each column if `upright`)
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.depthwise_conv_2d.
 */
void genc_depthwise_wide_s8_dsp(const genc_depthwise_wide_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_WIDE_S8_DSP_H */
