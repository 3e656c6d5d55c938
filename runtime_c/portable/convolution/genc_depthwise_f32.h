/**
 * @file genc_depthwise_f32.h
 * @brief Depthwise convolution, float32: four channels at a time.
 */
#ifndef GENC_DEPTHWISE_F32_H
#define GENC_DEPTHWISE_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A depthwise convolution, NHWC, one output channel per input channel. */
typedef struct {
    int32_t in_h;          /**< input rows of one image */
    int32_t in_w;          /**< input pixels per row */
    int32_t channels;      /**< of x and of y */
    int32_t in_rows_held;  /**< rows of the input's ring */
    int32_t out_h;         /**< output rows of one image */
    int32_t out_w;         /**< output pixels per row */
    int32_t out_rows_held; /**< rows of the output's ring */
    int32_t kernel_h;      /**< kernel rows */
    int32_t kernel_w;      /**< kernel columns */
    int32_t stride_h;      /**< input rows per output row */
    int32_t stride_w;      /**< input pixels per output pixel */
    int32_t dilation_h;    /**< input rows between kernel rows */
    int32_t dilation_w;    /**< input pixels between kernel columns */
    int32_t pad_top;       /**< padding rows above, of zeros */
    int32_t pad_left;      /**< padding pixels to the left, of zeros */
    float low;             /**< smallest output */
    float high;            /**< largest output */
    const float *weights;  /**< [kernel_h][kernel_w][channels] */
    const float *bias;     /**< [channels] */
} genc_depthwise_f32_params;

/**
 * DEPTHWISE_CONV_2D with a channel multiplier of 1: any kernel, stride, dilation and padding.
 * Padding is skipped, not multiplied; sums grow in y, in float, from the bias on, kernel row by kernel row.
 * @param in   NHWC [N, in_h, in_w, channels]
 * @param out  NHWC [N, out_h, out_w, channels]
 * Semantics: DepthwiseConv float of TFLite (reference/depthwiseconv_float.h).
 */
void genc_depthwise_f32(const genc_depthwise_f32_params *p, const float *in, float *out, int32_t row_begin,
                        int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_DEPTHWISE_F32_H */
