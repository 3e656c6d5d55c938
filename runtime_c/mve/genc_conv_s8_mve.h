/**
 * @file genc_conv_s8_mve.h
 * @brief Convolution, int8: four channels at a time, sixteen inputs an instruction.
 */
#ifndef GENC_CONV_S8_MVE_H
#define GENC_CONV_S8_MVE_H

#include "genc_conv_mve.h"

/** As genc_conv_mve.h has it, of bytes; a vector has 16. */
typedef genc_conv_mve_params genc_conv_s8_mve_params;

/**
 * CONV_2D int8, any kernel, stride, dilation, padding and number of groups.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  tile * groups * patch bytes
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_s8_mve(const genc_conv_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_S8_MVE_H */
