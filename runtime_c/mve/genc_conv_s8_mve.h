/**
 * @file genc_conv_s8_mve.h
 * @brief Convolution, int8: four channels at a time, sixteen inputs an instruction.
 */
#ifndef GENC_CONV_S8_MVE_H
#define GENC_CONV_S8_MVE_H

#include "genc_kernel.h"

/**
 * A convolution, NHWC.
 *
 * A patch is what one output pixel sees: int8 [groups][kernel_h * kernel_w][in_c / groups], padding filled with the
 * zero point.  Output channels of a group go in blocks of four.
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
    int32_t dilation_w;      /* input pixels between kernel columns */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t pad_value;       /* zero point of the input */
    int32_t groups;          /* channel groups */
    int32_t patch;           /* bytes of one group's patch: kernel_h * kernel_w * in_c / groups */
    int32_t tile;            /* patches gathered together; 0: a 1x1 kernel without padding, read where it lies */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t clamped;         /* 1: `low` is the zero point or above it, so that ties below need no care */
    const int8_t *weights;   /* [groups][blocks][patch / 16, rounded up][4 channels][16], filled up with zeros */
    const int32_t *channels; /* genc_four [groups][blocks], see genc_mve.h */
} genc_conv_s8_mve_params;

/**
 * CONV_2D int8, any kernel, stride, dilation, padding and number of groups.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  tile * groups * patch bytes
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_s8_mve(const genc_conv_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_S8_MVE_H */
