/**
 * @file genc_depthwise_s16_mve.h
 * @brief Depthwise convolution of int16 activations and int8 weights: four channels at a time.
 */
#ifndef GENC_DEPTHWISE_S16_MVE_H
#define GENC_DEPTHWISE_S16_MVE_H

#include "genc_depthwise_mve.h"

/**
 * As genc_depthwise_mve.h has it: blocks of 4 channels, weights int8, constants genc_four.  Sums are inside int32, and
 * factors are those of genc_conv_s16_mve; `clamped` is not used.
 */
typedef genc_depthwise_mve_params genc_depthwise_s16_mve_params;

/**
 * DEPTHWISE_CONV_2D int16x8 with biases of 64 bits, one output channel per input channel.
 * @param in       int16 NHWC [N, in_h, in_w, in_c / 2]
 * @param out      int16 NHWC [N, out_h, out_w, in_c / 2]
 * @param scratch  as genc_depthwise_mve.h says
 * Semantics: DepthwiseConvPerChannel of int16_t of TFLite's reference_integer_ops; codegen.reference.linear.
 */
void genc_depthwise_s16_mve(const genc_depthwise_s16_mve_params *p, const void *in, void *out, void *scratch,
                            int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_S16_MVE_H */
