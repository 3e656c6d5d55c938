/**
 * @file genc_conv_s8_w16.h
 * @brief Convolution of int8 with int16 weights: four channels of one pixel at a time.
 */
#ifndef GENC_CONV_S8_W16_H
#define GENC_CONV_S8_W16_H

#include "genc_conv.h"

/** As genc_conv_params says, but the weights are int16; weights_offset is not used. */
typedef genc_conv_params genc_conv_s8_w16_params;

/** All channels of one pixel from its patch; a genc_conv_block of one pixel. */
void genc_conv_s8_w16_pixel(const genc_conv_params *p, const int8_t *x, int32_t x_step, int8_t *y, int32_t count);

/**
 * CONV_2D int8 with weights of up to 16 bits, any kernel, stride, dilation, padding and number of groups.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  a patch, groups * patch bytes; see genc_conv_rows
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops with wider weights, whose sums gen-c proves to stay
 * inside int32; codegen.reference.linear.conv_2d.
 */
void genc_conv_s8_w16(const genc_conv_s8_w16_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_S8_W16_H */
