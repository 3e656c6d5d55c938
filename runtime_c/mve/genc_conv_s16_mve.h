/**
 * @file genc_conv_s16_mve.h
 * @brief Convolution of int16 activations and int8 weights: four channels at a time, eight inputs an instruction.
 */
#ifndef GENC_CONV_S16_MVE_H
#define GENC_CONV_S16_MVE_H

#include "genc_conv_mve.h"

/**
 * As genc_conv_mve.h has it, of int16; a vector has 8.  gen-c proves that sums stay inside int32 and that shifts are -1
 * or less; a factor is multiplier * 2^(shift - 32), so that the upper half of a product, plus half a unit, shifted, is
 * what one rounding of the whole product gives.  `clamped` is not used.
 */
typedef genc_conv_mve_params genc_conv_s16_mve_params;

/**
 * CONV_2D int16x8 with biases of 64 bits, any kernel, stride, dilation, padding and number of groups.
 * @param in       int16 NHWC [N, in_h, in_w, in_c / 2]
 * @param out      int16 NHWC [N, out_h, out_w, out_c / 2]
 * @param scratch  tile * groups * patch bytes, aligned to 2
 * Semantics: ConvPerChannel of int16_t of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_s16_mve(const genc_conv_s16_mve_params *p, const void *in, void *out, void *scratch, int32_t row_begin,
                       int32_t row_end);

#endif /* GENC_CONV_S16_MVE_H */
