/**
 * @file genc_conv_winograd_s8_dsp.h
 * @brief Convolution, int8, three taps wide, for DSP cores, with half the products: Winograd's F(4, 3) in integers.
 *
 * Four neighbouring outputs of a row see six columns d of each input row.  With V = B'd (integers of 13 bits), with the
 * weights U = 24 G g, computed by gen-c (integers of 13 bits), and with M the sums of U * V over kernel rows and inputs,
 * 24 times the four accumulators are A'M: six products in place of twelve.  24 = 3 * 8 divides exactly, also when sums
 * in between leave int32, since all is modulo 2^32; gen-c proves that 24 times an accumulator is inside int32.
 * Semantics: S. Winograd, Arithmetic complexity of computations (1980); A. Lavin and S. Gray, Fast algorithms for
 * convolutional neural networks (2016), points 0, 1, -1, 2, -2, infinity:
 *
 *     B' = 4  0 -5  0  1  0     24 G =  6  0  0     A' = 1  1  1  1  1  0
 *          0 -4 -4  1  1  0            -4 -4 -4          0  1 -1  2 -2  0
 *          0  4 -4 -1  1  0            -4  4 -4          0  1  1  4  4  0
 *          0 -2 -1  2  1  0             1  2  4          0  1 -1  8 -8  1
 *          0  2 -1 -2  1  0             1 -2  4
 *          0  4  0 -5  0  1             0  0 24
 */
#ifndef GENC_CONV_WINOGRAD_S8_DSP_H
#define GENC_CONV_WINOGRAD_S8_DSP_H

#include "genc_dsp.h"

#define GENC_WINOGRAD_PIXELS 4  /* outputs of a tile */
#define GENC_WINOGRAD_POINTS 6  /* products of a tile, and columns that it sees */
#define GENC_WINOGRAD_BLOCK 8   /* output channels that share one pass over V */
#define GENC_WINOGRAD_LINES 8   /* kernel rows, at most */
#define GENC_WINOGRAD_CHANNEL 3 /* constants of an output channel */

/**
 * A convolution, NHWC, without groups and dilation, kernel_w 3, stride_w 1, output rows of four pixels or more.
 *
 * The kernel rows are taken in parts.  Where there is one part, V is computed once, and the sums are those of a block of
 * channels; else both are computed anew for every group of blocks: slower, with less scratch.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* input channels, a multiple of four */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row, 4 or more */
    int32_t out_c;           /* output channels */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows, 1 ... GENC_WINOGRAD_LINES */
    int32_t kernel_w;        /* 3 */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* 1 */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* 1 */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t pad_value;       /* zero point of the input */
    int32_t zero_point;      /* of the output */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t part;            /* kernel rows of a part; kernel_h is a multiple */
    int32_t group;           /* output channels of a group, a multiple of GENC_WINOGRAD_BLOCK */
    const uint32_t *weights; /* U: [part][block][point][kernel row of the part][in_c / 2][channel of the block], lanes of
                                inputs (4g, 4g + 2), (4g + 1, 4g + 3); channels filled up with 0 */
    const int32_t *channels; /* [channel] {24 * bias, multiplier, shift to the right 1 ... 30}; inputs are less their
                                zero point, which is not in the bias */
} genc_conv_winograd_s8_dsp_params;

/**
 * CONV_2D int8.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  12 * part * in_c bytes for V, 24 * group for sums and in_c for a pixel of padding; aligned to 8
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_winograd_s8_dsp(const genc_conv_winograd_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                               int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_WINOGRAD_S8_DSP_H */
