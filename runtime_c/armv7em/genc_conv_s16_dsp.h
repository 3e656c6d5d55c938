/**
 * @file genc_conv_s16_dsp.h
 * @brief Convolution of int16 activations and int8 weights, for DSP cores: four pixels by pairs of channels.
 */
#ifndef GENC_CONV_S16_DSP_H
#define GENC_CONV_S16_DSP_H

#include "genc_dsp.h"

#define GENC_S16_TILE 4 /* pixels of a tile */

/* Constants of a pair of channels, int32: four of the first, four of the second, and the way to the next pair. */
#define GENC_S16_PAIR_BIAS 0
#define GENC_S16_PAIR_MULTIPLIER 1 /* of 16 bits, times 2^16 */
#define GENC_S16_PAIR_ADD 2        /* 2^(shift - 1) */
#define GENC_S16_PAIR_SHIFT 3      /* to the right, 1 ... 30, behind the upper half of the product */
#define GENC_S16_PAIR_SECOND 4
#define GENC_S16_PAIR_NEXT 8 /* bytes from the second channel to the first one of the next pair: 2, or 0: again */
#define GENC_S16_PAIR_SIZE 9

/**
 * A convolution, NHWC, without groups and without dilation along the width, of two output channels or more.
 *
 * No sum can leave int32, and no lower half of a product with the multiplier can matter: gen-c proves both.
 * The inputs of the product are kernel_h lines of kernel_w * in_c / 2 values, filled up to a multiple of four.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* bytes of an input pixel */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* bytes of an output pixel */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows */
    int32_t kernel_w;        /* kernel columns */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* input pixels per output pixel */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* 1 */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t words;           /* inputs of the product / 2, even */
    int32_t pair_count;      /* pairs of channels */
    const uint32_t *weights; /* [pair][words], bytes: first and second channel of input 2i, then those of 2i + 1 */
    const int32_t *pairs;    /* [pair][GENC_S16_PAIR_SIZE] */
} genc_conv_s16_dsp_params;

/**
 * CONV_2D of int16 activations.
 * @param in       int16 NHWC [N, in_h, in_w, in_c / 2]
 * @param out      int16 NHWC [N, out_h, out_w, out_c / 2]
 * @param scratch  20 * words bytes and four output pixels; aligned to 8
 * Semantics: ConvPerChannel of int16_t of TFLite's reference_integer_ops with a bias of int64 or none;
 * codegen.reference.linear.
 */
void genc_conv_s16_dsp(const genc_conv_s16_dsp_params *p, const void *in, void *out, void *scratch, int32_t row_begin,
                       int32_t row_end);

#endif /* GENC_CONV_S16_DSP_H */
