/**
 * @file genc_conv_f32.h
 * @brief Convolution and matrix product, float32: four channels by up to four pixels at a time.
 */
#ifndef GENC_CONV_F32_H
#define GENC_CONV_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A convolution, NHWC.  Output channels of a group go in blocks of four, the last filled up with zeros. */
typedef struct {
    int32_t in_h;          /**< input rows of one image */
    int32_t in_w;          /**< input pixels per row */
    int32_t in_c;          /**< input channels */
    int32_t in_rows_held;  /**< rows of the input's ring */
    int32_t out_h;         /**< output rows of one image */
    int32_t out_w;         /**< output pixels per row */
    int32_t out_c;         /**< output channels */
    int32_t out_rows_held; /**< rows of the output's ring */
    int32_t kernel_h;      /**< kernel rows */
    int32_t kernel_w;      /**< kernel columns */
    int32_t stride_h;      /**< input rows per output row */
    int32_t stride_w;      /**< input pixels per output pixel */
    int32_t dilation_h;    /**< input rows between kernel rows */
    int32_t dilation_w;    /**< input pixels between kernel columns */
    int32_t pad_top;       /**< padding rows above, of zeros */
    int32_t pad_left;      /**< padding pixels to the left, of zeros */
    int32_t groups;        /**< channel groups */
    float low;             /**< smallest output */
    float high;            /**< largest output */
    const float *weights;  /**< [groups][blocks][kernel_h][kernel_w][in_c / groups][4 channels] */
    const float *bias;     /**< [groups][blocks][4 channels] */
} genc_conv_f32_params;

/**
 * y = clamp(bias + sum of x * weight).  CONV_2D with any kernel, stride, dilation, padding and number of groups;
 * FULLY_CONNECTED as a 1x1 convolution of one row whose pixels are the rows of the matrix.
 * Padding is skipped, not multiplied; sums are in float, from the bias on, in the order of the weights.
 * @param in   NHWC [N, in_h, in_w, in_c]
 * @param out  NHWC [N, out_h, out_w, out_c]
 * Semantics: Conv and FullyConnected float of TFLite (reference/conv.h, reference/fully_connected.h).
 */
void genc_conv_f32(const genc_conv_f32_params *p, const float *in, float *out, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_CONV_F32_H */
