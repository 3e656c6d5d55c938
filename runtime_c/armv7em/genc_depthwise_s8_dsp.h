/**
 * @file genc_depthwise_s8_dsp.h
 * @brief Depthwise convolution, int8, 3x3, for DSP cores: four channels at a time, taken apart into planes of int16.
 */
#ifndef GENC_DEPTHWISE_S8_DSP_H
#define GENC_DEPTHWISE_S8_DSP_H

#include "genc_plane_s8.h"

/**
 * A depthwise convolution, NHWC, one output channel per input channel, kernel 3x3, stride 1 or 2 along the lines.
 *
 * The lines of a plane run along the width, or along the height (`upright`), and so do those of the kernel.  There is
 * no dilation along the lines.  A block of output rows is computed channel by channel: while an output row is written,
 * the input of as many as block - 1 rows before it may still be needed.
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
    int32_t kernel_h;        /* 3 */
    int32_t kernel_w;        /* 3 */
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
    int32_t line;            /* int16 of a line of a plane, even */
    int32_t plane;           /* int16 of a plane */
    int32_t in_rows_ahead;   /* row r of the input lies in place (r + in_rows_ahead) % in_rows_held */
    int32_t out_rows_ahead;  /* the same of the output */
    const int8_t *weights;   /* [channel][line of the kernel][4], the last one 0 */
    const int32_t *channels; /* [channel][GENC_PLANE_SIZE] */
} genc_depthwise_s8_dsp_params;

/**
 * DEPTHWISE_CONV_2D int8 with a channel multiplier of 1.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, in_c]
 * @param scratch  8 * plane bytes, aligned to 4
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.depthwise_conv_2d.
 */
void genc_depthwise_s8_dsp(const genc_depthwise_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end);

/* Parts that genc_depthwise_kept_s8_dsp shares. */

/** Rows that lie one after the other, to be taken apart. */
typedef struct {
    genc_pixels pixels;
    const int8_t *x; /* first channel */
    int16_t *to;
    int32_t lines;   /* 0 or less: there is nothing to be taken */
} genc_planes_run;

/** Padding to all places of all planes. */
void genc_planes_fill(const genc_depthwise_s8_dsp_params *p, uint32_t *planes);

/** `rows` rows that lie one after the other from `x` on, and their place in the planes, where `to` is that of row 0. */
genc_planes_run genc_planes_rows(const genc_depthwise_s8_dsp_params *p, const int8_t *x, int16_t *to, int32_t rows);

/** Four channels from number `c` on, of `number` runs. */
void genc_planes_gather(const genc_depthwise_s8_dsp_params *p, const genc_planes_run *run, int32_t number, int32_t c);

/** `rows` rows of outputs of an image, of which the first one begins at `to`, by planes that are to be filled. */
genc_plane genc_planes_begin(const genc_depthwise_s8_dsp_params *p, int16_t *planes, int8_t *to, int32_t rows);

/** The channels that `plane` says. */
void genc_planes_channels(const genc_depthwise_s8_dsp_params *p, genc_plane *plane);

#endif /* GENC_DEPTHWISE_S8_DSP_H */
