/**
 * @file genc_depthwise_s8_mve.h
 * @brief Depthwise convolution, int8: eight channels of two pixels at a time.
 */
#ifndef GENC_DEPTHWISE_S8_MVE_H
#define GENC_DEPTHWISE_S8_MVE_H

#include "genc_depthwise_mve.h"

/** As genc_depthwise_mve.h has it: blocks of 8 channels, weights int8, constants genc_eight of genc_eight_mve.h. */
typedef genc_depthwise_mve_params genc_depthwise_s8_mve_params;

/**
 * DEPTHWISE_CONV_2D int8, one output channel per input channel, any kernel, stride, dilation and padding.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, in_c]
 * @param scratch  as genc_depthwise_mve.h says
 * Semantics: DepthwiseConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.depthwise_conv_2d.
 */
void genc_depthwise_s8_mve(const genc_depthwise_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_S8_MVE_H */
