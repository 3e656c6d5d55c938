/**
 * @file genc_conv_hybrid.h
 * @brief Convolution and matrix product of float32 activations, quantised on the way, and int8 weights.
 */
#ifndef GENC_CONV_HYBRID_H
#define GENC_CONV_HYBRID_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A convolution, NHWC.  Output channels of a group go in blocks of four, the last filled up with zeros. */
typedef struct {
    int32_t images;        /**< N; the rows of a matrix product */
    int32_t in_h;          /**< input rows of one image */
    int32_t in_w;          /**< input pixels per row */
    int32_t in_c;          /**< input channels */
    int32_t out_h;         /**< output rows of one image */
    int32_t out_w;         /**< output pixels per row */
    int32_t out_c;         /**< output channels */
    int32_t kernel_h;      /**< kernel rows */
    int32_t kernel_w;      /**< kernel columns */
    int32_t stride_h;      /**< input rows per output row */
    int32_t stride_w;      /**< input pixels per output pixel */
    int32_t dilation_h;    /**< input rows between kernel rows */
    int32_t dilation_w;    /**< input pixels between kernel columns */
    int32_t pad_top;       /**< padding rows above, of zeros */
    int32_t pad_left;      /**< padding pixels to the left, of zeros */
    int32_t groups;        /**< channel groups */
    int32_t asymmetric;    /**< 1: images are quantised to -128 ... 127 with a zero point; 0: to -127 ... 127 without */
    float low;             /**< smallest output */
    float high;            /**< largest output */
    const int8_t *weights; /**< [groups][blocks][kernel_h][kernel_w][in_c / groups][4 channels] */
    const float *scales;   /**< [groups][blocks][4 channels], of the weights */
    const float *bias;     /**< [groups][blocks][4 channels] */
} genc_conv_hybrid_params;

/**
 * y = clamp(sum of q * weight * (scale of the image * scale of the weights) + bias), q being each image of `in`
 * quantised to 8 bits by its own largest and smallest element; sums are exact int32.
 * CONV_2D and DEPTHWISE_CONV_2D with any kernel, stride, dilation, padding and number of groups; FULLY_CONNECTED as
 * images of one pixel.
 * @param in       NHWC [N, in_h, in_w, in_c], whole
 * @param out      NHWC [N, out_h, out_w, out_c], whole: one row
 * @param scratch  int8 [in_h, in_w, in_c], one image
 * Semantics: the hybrid paths of TFLite's conv.cc, depthwise_conv.cc and fully_connected.cc; codegen.reference.hybrid.
 */
void genc_conv_hybrid(const genc_conv_hybrid_params *p, const float *in, float *out, void *scratch, int32_t row_begin,
                      int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_CONV_HYBRID_H */
