/**
 * @file genc_conv_s8_4x2.h
 * @brief Convolution, int8: four channels by two pixels at a time.
 */
#ifndef GENC_CONV_S8_4X2_H
#define GENC_CONV_S8_4X2_H

#include "genc_conv.h"

typedef genc_conv_params genc_conv_s8_4x2_params;

/**
 * CONV_2D int8, any kernel, stride, dilation, padding and number of groups.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  two patches, 2 * groups * patch bytes; see genc_conv_rows
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_s8_4x2(const genc_conv_s8_4x2_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_S8_4X2_H */
