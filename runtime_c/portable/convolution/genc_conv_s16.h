/**
 * @file genc_conv_s16.h
 * @brief Convolution and matrix product of int16 activations and int8 weights: four channels of one pixel at a time.
 */
#ifndef GENC_CONV_S16_H
#define GENC_CONV_S16_H

#include "genc_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * As genc_conv_params says, but: in_c, out_c and patch count bytes, two for a channel; channels are those of
 * genc_linear_s16.h; weights_offset is not used, for the weights are int8.
 */
typedef genc_conv_params genc_conv_s16_params;

/** Four channels at a time of one pixel from its patch; a genc_conv_block of one pixel. */
void genc_conv_s16_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count);

/**
 * CONV_2D, any kernel, stride, dilation, padding and number of groups; FULLY_CONNECTED as a 1x1 convolution of rows of
 * one pixel.
 * @param in       int16 NHWC [N, in_h, in_w, in_c / 2]
 * @param out      int16 NHWC [N, out_h, out_w, out_c / 2]
 * @param scratch  a patch, groups * patch bytes, aligned to 2; see genc_conv_rows
 * Semantics: ConvPerChannel of int16_t of TFLite's reference_integer_ops; codegen.reference.linear.
 */
void genc_conv_s16(const genc_conv_s16_params *p, const void *in, void *out, void *scratch, int32_t row_begin,
                   int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_CONV_S16_H */
