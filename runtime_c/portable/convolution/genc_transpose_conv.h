/**
 * @file genc_transpose_conv.h
 * @brief What the transposed convolutions share: parameters, and the walk over output pixels.
 *
 * An output pixel gathers what it receives: kernel rows `phase`, phase + stride_h, ... each meet one input row, where
 * phase is (y + pad_top) % stride_h; columns likewise.  So the pixels of one phase are an ordinary convolution with the
 * kernel elements of that phase, and no output is touched twice.
 */
#ifndef GENC_TRANSPOSE_CONV_H
#define GENC_TRANSPOSE_CONV_H

#include "genc_conv.h"

/**
 * A transposed convolution, NHWC.  A patch is what one output pixel gathers: [kernel rows of its phase, ascending]
 * [kernel columns of its phase, descending][in_c], pixels outside the input filled with pad_value.
 */
typedef struct {
    int32_t in_h;             /* input rows of one image */
    int32_t in_w;             /* input pixels per row */
    int32_t in_c;             /* bytes of an input pixel */
    int32_t in_rows_held;     /* rows of the input's ring */
    int32_t out_h;            /* output rows of one image */
    int32_t out_w;            /* output pixels per row */
    int32_t out_c;            /* bytes of an output pixel */
    int32_t out_rows_held;    /* rows of the output's ring */
    int32_t kernel_h;         /* kernel rows */
    int32_t kernel_w;         /* kernel columns */
    int32_t stride_h;         /* output rows per input row */
    int32_t stride_w;         /* output pixels per input pixel */
    int32_t pad_top;          /* output rows dropped above */
    int32_t pad_left;         /* output pixels dropped to the left */
    int32_t pad_value;        /* byte that makes a zero: zero point of the input, or 0 for types of more bytes */
    int32_t low;              /* smallest output */
    int32_t high;             /* largest output */
    int32_t weights_offset;   /* as in genc_conv_params */
    const int32_t *phases;    /* [stride_h * stride_w]: byte of `weights` at which the phase's begin */
    const void *weights;      /* by phase [blocks of 4 channels][patch][4]; the kernel may say otherwise */
    int32_t channels_step;    /* from one phase's channels to the next; 0: all phases have the same */
    const int32_t *channels;  /* of each output channel, as the kernel's block wants them */
} genc_transpose_conv_params;

/**
 * Output rows [row_begin, row_end), pixel by pixel.
 * @param scratch  a patch of the largest phase
 * @param block    computes one pixel of a convolution from its patch
 */
void genc_transpose_conv_rows(const genc_transpose_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                              int32_t row_begin, int32_t row_end, genc_conv_block block);

#endif /* GENC_TRANSPOSE_CONV_H */
