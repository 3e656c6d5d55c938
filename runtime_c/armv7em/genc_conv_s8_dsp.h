/**
 * @file genc_conv_s8_dsp.h
 * @brief Convolution, int8, for DSP cores: four pixels by pairs of channels.
 */
#ifndef GENC_CONV_S8_DSP_H
#define GENC_CONV_S8_DSP_H

#include "genc_tile_s8.h"

/**
 * A convolution, NHWC, without groups and without dilation along the width.
 *
 * What an output pixel sees are kernel_h lines of n = kernel_w * in_c bytes.  The inputs of the product are the first
 * n / 4 * 4 bytes of every line, then the last n % 4 of every line, then as many more as make a multiple of four.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* input channels */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* output channels */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows */
    int32_t kernel_w;        /* kernel columns */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* input pixels per output pixel */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* 1 */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t in_rows_ahead;   /* row r of the input lies in place (r + in_rows_ahead) % in_rows_held */
    int32_t out_rows_ahead;  /* the same of the output */
    int32_t pad_value;       /* zero point of the input */
    int32_t inside_begin;    /* output pixels [inside_begin, inside_end) of a row see no padding beside it */
    int32_t inside_end;
    int32_t inputs;          /* of the product, a multiple of four */
    int32_t zero_point;      /* of the output */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t pair_count;      /* pairs of channels */
    int32_t alone;           /* 1: one more channel, the A of a pair, follows */
    const uint32_t *weights; /* [pair][inputs / 2], see genc_tile_s8.h */
    const int32_t *pairs;    /* [pair][GENC_PAIR_SIZE] */
} genc_conv_s8_dsp_params;

/**
 * CONV_2D int8.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  8 * inputs bytes and, if there is padding, kernel_w * in_c more; aligned to 8
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_s8_dsp(const genc_conv_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_S8_DSP_H */
