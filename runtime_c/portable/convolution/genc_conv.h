/**
 * @file genc_conv.h
 * @brief What the int8 convolution kernels share: parameters, and the walk over rows and pixels.
 */
#ifndef GENC_CONV_H
#define GENC_CONV_H

#include "genc_kernel.h"

/**
 * A convolution, NHWC.
 *
 * A patch is what one output pixel sees: int8 [groups][kernel_h * kernel_w][in_channels / groups],
 * padding filled with the zero point.  Output channels of a group go in blocks of four.
 */
typedef struct {
    int32_t in_h;             /* input rows of one image */
    int32_t in_w;             /* input pixels per row */
    int32_t in_c;             /* input channels, or bytes of them: the kernel says which */
    int32_t in_rows_held;     /* rows of the input's ring */
    int32_t out_h;            /* output rows of one image */
    int32_t out_w;            /* output pixels per row */
    int32_t out_c;            /* output channels, likewise */
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
    int32_t groups;           /* channel groups */
    int32_t patch;            /* bytes of one group's patch: kernel_h * kernel_w * in_c / groups */
    int32_t direct;           /* 1: 1x1 without padding, read where it lies */
    int32_t low;              /* smallest output */
    int32_t high;             /* largest output */
    int32_t weights_offset;   /* what every weight has too much, where the kernel takes unsigned weights */
    const void *weights;      /* [groups][blocks of 4 channels][patch][4], int8; the kernel may say otherwise */
    const int32_t *channels;  /* [groups][blocks * 4][GENC_CHANNEL_SIZE], see genc_linear.h */
} genc_conv_params;

/**
 * Computes all channels of up to as many output pixels as the kernel takes at a time.
 * @param x       patch of the first pixel
 * @param x_step  bytes from one pixel's patch to the next
 * @param y       first output pixel; the next lie p->out_c bytes on
 * @param count   pixels to compute, 1 or more
 */
typedef void (*genc_conv_block)(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count);

/**
 * Output rows [row_begin, row_end), `pixels` pixels at a time.
 * @param scratch  pixels * groups * patch bytes; when p->direct, used only if out_w is no multiple of pixels
 */
void genc_conv_rows(const genc_conv_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                    int32_t row_begin, int32_t row_end, int32_t pixels, genc_conv_block block);

#endif /* GENC_CONV_H */
