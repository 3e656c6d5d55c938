/**
 * @file genc_depthwise.h
 * @brief What the int8 depthwise kernels share: parameters, and the walk over rows and pixels.
 */
#ifndef GENC_DEPTHWISE_H
#define GENC_DEPTHWISE_H

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

/**
 * Computes all channels of two neighbouring output pixels.
 * @param x         upper left pixel of the first window
 * @param row_step  bytes from one kernel row to the next
 * @param x_step    bytes from the first window to the second; 0 when there is no second
 * @param y         first output pixel
 * @param y_step    bytes from the first output pixel to the second; 0 when there is no second
 */
typedef void (*genc_depthwise_pair)(const genc_depthwise_params *p, const int8_t *x, int32_t row_step,
                                    int32_t x_step, int8_t *y, int32_t y_step);

/**
 * Output rows [row_begin, row_end), two pixels at a time.  Windows that lie in the image are read where
 * they lie, others are copied to the scratch with their padding.
 * @param scratch  kernel_h * window_w * in_c bytes
 */
void genc_depthwise_rows(const genc_depthwise_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                         int32_t row_begin, int32_t row_end, genc_depthwise_pair pair);

#endif /* GENC_DEPTHWISE_H */
