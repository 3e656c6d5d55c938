/**
 * @file genc_depthwise_mve.h
 * @brief What the depthwise convolutions for Helium share: parameters, windows with padding, the walk over rows.
 */
#ifndef GENC_DEPTHWISE_MVE_H
#define GENC_DEPTHWISE_MVE_H

#include "genc_mve.h"

#define GENC_EIGHT 8 /* bytes of channels of a block */

/**
 * A depthwise convolution, NHWC, one output channel per input channel.
 *
 * Windows that lie in the image are read where they lie; others are copied with their padding, `strip` neighbouring
 * output pixels at a time.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* bytes of a pixel */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* the same as in_c */
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
    int32_t inside_begin;    /* first output pixel of a row that sees no padding at the sides */
    int32_t inside_end;      /* the one behind the last; inside_begin when there is none */
    int32_t strip;           /* output pixels whose windows are copied together, > 0 */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t clamped;         /* 1: `low` is the zero point or above it, so that ties below need no care */
    const void *weights;     /* [blocks of 8 bytes of channels][kernel_h][kernel_w][channels of a block], filled up with 0 */
    const int32_t *channels; /* constants of the blocks: the kernel says which */
} genc_depthwise_mve_params;

/** A run of neighbouring output pixels: the assembly of the kernels knows the places. */
typedef struct {
    const int32_t *lines; /* bytes from `x` to the kernel row, [kernel_h] */
    int32_t kernel_h;     /* kernel rows */
    int32_t kernel_w;     /* kernel columns */
    int32_t x_step;       /* bytes from a window to its neighbour */
    int32_t y_step;       /* bytes from an output pixel to its neighbour */
    int32_t low;          /* smallest output */
    int32_t high;         /* largest output */
    int32_t tap_step;     /* bytes from a kernel column to the next */
    const void *w;        /* weights of the block at hand */
} genc_depthwise_run;

/**
 * Computes one block of channels of a run.
 * @param constants  of the block
 * @param x          upper left corner of the first window, less lines[0], first channel of the block
 * @param y          first output pixel, likewise
 * @param count      pixels, > 0
 * @param bytes      of channels of the block, 1 ... 8
 * @param clamped    as in the parameters
 */
typedef void (*genc_depthwise_channels)(const genc_depthwise_run *r, const int32_t *constants, const int8_t *x,
                                        int8_t *y, int32_t count, int32_t bytes, int32_t clamped);

/**
 * Output rows [row_begin, row_end).
 * @param scratch    4 * kernel_h bytes, aligned to 4, then the strip:
 *                   kernel_h * ((strip - 1) * stride_w + (kernel_w - 1) * dilation_w + 1) * in_c bytes
 * @param tap_bytes  weights of a tap of a block
 * @param constants  numbers of a block
 */
void genc_depthwise_rows_mve(const genc_depthwise_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                             int32_t row_begin, int32_t row_end, genc_depthwise_channels channels, int32_t tap_bytes,
                             int32_t constants);

#endif /* GENC_DEPTHWISE_MVE_H */
