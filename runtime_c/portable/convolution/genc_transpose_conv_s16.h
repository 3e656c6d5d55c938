/**
 * @file genc_transpose_conv_s16.h
 * @brief Transposed convolution, int16 activations and int8 weights: four channels of one pixel at a time.
 */
#ifndef GENC_TRANSPOSE_CONV_S16_H
#define GENC_TRANSPOSE_CONV_S16_H

#include "genc_transpose_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/** As genc_transpose_conv_params says; weights are int8, channels those of genc_linear_s16.h. */
typedef genc_transpose_conv_params genc_transpose_conv_s16_params;

/**
 * TRANSPOSE_CONV, any kernel, stride and padding.
 * @param in       int16 NHWC [N, in_h, in_w, in_c / 2]
 * @param out      int16 NHWC [N, out_h, out_w, out_c / 2]
 * @param scratch  the patch of the largest phase, aligned to 2
 * Semantics: TransposeConv of TFLite's reference_integer_ops; codegen.reference.linear.transpose_conv.
 */
void genc_transpose_conv_s16(const genc_transpose_conv_s16_params *p, const void *in, void *out, void *scratch,
                          int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_TRANSPOSE_CONV_S16_H */
