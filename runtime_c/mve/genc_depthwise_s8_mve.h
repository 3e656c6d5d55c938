/**
 * @file genc_depthwise_s8_mve.h
 * @brief Depthwise convolution, int8: four channels of two pixels at a time.
 */
#ifndef GENC_DEPTHWISE_S8_MVE_H
#define GENC_DEPTHWISE_S8_MVE_H

#include "genc_depthwise.h"

/** As genc_depthwise.h has it, but weights are [blocks][taps][4 channels] and channels genc_four [blocks]. */
typedef genc_depthwise_params genc_depthwise_s8_mve_params;

/**
 * DEPTHWISE_CONV_2D int8, one output channel per input channel, any kernel, stride, dilation and padding.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, in_c]
 * @param scratch  kernel_h * window_w * in_c bytes
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.depthwise_conv_2d.
 */
void genc_depthwise_s8_mve(const genc_depthwise_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_S8_MVE_H */
