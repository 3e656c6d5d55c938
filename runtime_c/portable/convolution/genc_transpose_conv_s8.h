/**
 * @file genc_transpose_conv_s8.h
 * @brief Transposed convolution, int8: eight channels of one pixel at a time.
 */
#ifndef GENC_TRANSPOSE_CONV_S8_H
#define GENC_TRANSPOSE_CONV_S8_H

#include "genc_transpose_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/** As genc_transpose_conv_params says; weights of a phase as genc_dot_s8.h has them, channels those of genc_linear.h. */
typedef genc_transpose_conv_params genc_transpose_conv_s8_params;

/**
 * TRANSPOSE_CONV, any kernel, stride and padding.
 * @param in       int8 NHWC [N, in_h, in_w, in_c]
 * @param out      int8 NHWC [N, out_h, out_w, out_c]
 * @param scratch  the patch of the largest phase
 * Semantics: TransposeConv of TFLite's reference_integer_ops; codegen.reference.linear.transpose_conv.
 */
void genc_transpose_conv_s8(const genc_transpose_conv_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                         int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_TRANSPOSE_CONV_S8_H */
