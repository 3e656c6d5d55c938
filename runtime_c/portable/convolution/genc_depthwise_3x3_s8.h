/**
 * @file genc_depthwise_3x3_s8.h
 * @brief Depthwise convolution, int8: kernel 3x3 without dilation, any stride and padding.
 */
#ifndef GENC_DEPTHWISE_3X3_S8_H
#define GENC_DEPTHWISE_3X3_S8_H

#include "genc_depthwise_params.h"

typedef genc_depthwise_params genc_depthwise_3x3_s8_params;

/**
 * DEPTHWISE_CONV_2D int8 with a channel multiplier of 1: kernel 3x3 without dilation, any stride and padding.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, in_c]
 * @param scratch  kernel_h * window_w * in_c bytes
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.depthwise_conv_2d.
 */
void genc_depthwise_3x3_s8(const genc_depthwise_3x3_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
          int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_3X3_S8_H */
