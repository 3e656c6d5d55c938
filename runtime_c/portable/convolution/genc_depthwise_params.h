/**
 * @file genc_depthwise_params.h
 * @brief Parameters of the int8 depthwise kernels.
 */
#ifndef GENC_DEPTHWISE_PARAMS_H
#define GENC_DEPTHWISE_PARAMS_H

#include "genc_kernel.h"

/** A depthwise convolution, NHWC, one output channel per input channel. */
typedef struct {
    int32_t in_h;             /* input rows of one image */
    int32_t in_w;             /* input pixels per row */
    int32_t in_c;             /* channels, or bytes of them: the kernel says which */
    int32_t in_rows_held;     /* rows of the input's ring */
    int32_t out_h;            /* output rows of one image */
    int32_t out_w;            /* output pixels per row */
    int32_t out_c;            /* the same */
    int32_t out_rows_held;    /* rows of the output's ring */
    int32_t kernel_h;         /* kernel rows */
    int32_t kernel_w;         /* kernel columns */
    int32_t stride_h;         /* input rows per output row */
    int32_t stride_w;         /* input pixels per output pixel */
    int32_t dilation_h;       /* input rows between kernel rows */
    int32_t dilation_w;       /* input pixels between kernel columns */
    int32_t pad_top;          /* padding rows above */
    int32_t pad_left;         /* padding pixels to the left */
    int32_t pad_value;        /* zero point of the input */
    int32_t window_w;         /* input pixels that the output pixels computed together span */
    int32_t low;              /* smallest output */
    int32_t high;             /* largest output */
    const void *weights;      /* [channel][kernel_h * kernel_w], int8; the kernel may say otherwise */
    const int32_t *channels;  /* [channel][GENC_CHANNEL_SIZE], see genc_linear.h */
} genc_depthwise_params;

#endif /* GENC_DEPTHWISE_PARAMS_H */
