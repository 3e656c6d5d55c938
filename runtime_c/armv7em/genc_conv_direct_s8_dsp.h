/**
 * @file genc_conv_direct_s8_dsp.h
 * @brief Convolution, int8, for DSP cores, with little scratch: two pixels by two pairs of channels, from their rows.
 */
#ifndef GENC_CONV_DIRECT_S8_DSP_H
#define GENC_CONV_DIRECT_S8_DSP_H

#include "genc_tile_s8.h"

#define GENC_DIRECT_LINES 8 /* kernel rows, at most */

/**
 * A convolution, NHWC, without groups and without dilation along the width.
 *
 * The inputs of the product are kernel_h lines of kernel_w * in_c bytes, a multiple of four, where the input's rows lie.
 * All channels are in pairs (genc_tile_s8.h), and the pairs are even in number.
 * (Also what genc_conv_lines_s8_dsp.h takes, with less conditions.)
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* input channels */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* output channels, a multiple of four */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows, 1 ... GENC_DIRECT_LINES */
    int32_t kernel_w;        /* kernel columns */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* input pixels per output pixel */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* 1 */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t pad_value;       /* zero point of the input */
    int32_t zero_point;      /* of the output */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t parts;           /* 1; in genc_conv_lines_s8_dsp, of a line */
    int32_t pair_count;      /* pairs of channels */
    const uint32_t *weights; /* [two pairs][inputs / 2][2]: words of genc_tile_s8.h, of both pairs in turn */
    const int32_t *pairs;    /* [pair][GENC_PAIR_SIZE] */
} genc_conv_direct_s8_dsp_params;

/**
 * CONV_2D int8.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  2 * kernel_h * kernel_w * in_c bytes if there is padding, else none is touched
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_direct_s8_dsp(const genc_conv_direct_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                             int32_t row_begin, int32_t row_end);

/**
 * Where the rows of the input lie that an output row sees.
 * @param rows  [kernel_h], NULL above and below the image
 * @return      1 when all are there
 */
int32_t genc_conv_direct_rows(const genc_conv_direct_s8_dsp_params *p, const int8_t *in, int32_t row,
                              const int8_t **rows);

#endif /* GENC_CONV_DIRECT_S8_DSP_H */
