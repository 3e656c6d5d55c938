/**
 * @file genc_depthwise_s16.h
 * @brief Depthwise convolution of int16 activations and int8 weights: two pixels at a time.
 */
#ifndef GENC_DEPTHWISE_S16_H
#define GENC_DEPTHWISE_S16_H

#include "genc_depthwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * As genc_depthwise_params says, but in_c and out_c count bytes, two for a channel, and channels are those of
 * genc_linear_s16.h.  The kernel has at most GENC_S16_STRETCH elements.
 */
typedef genc_depthwise_params genc_depthwise_s16_params;

/**
 * DEPTHWISE_CONV_2D with one output channel per input channel.
 * @param in       int16 NHWC [N, in_h, in_w, in_c / 2]
 * @param out      int16 NHWC [N, out_h, out_w, out_c / 2]
 * @param scratch  kernel_h * window_w * in_c bytes, aligned to 2
 * Semantics: DepthwiseConvPerChannel of int16_t of TFLite's reference_integer_ops; codegen.reference.linear.
 */
void genc_depthwise_s16(const genc_depthwise_s16_params *p, const void *in, void *out, void *scratch,
                        int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_DEPTHWISE_S16_H */
