/**
 * @file genc_transpose_conv_f32.h
 * @brief Transposed convolution, float32: four channels of one pixel at a time.
 */
#ifndef GENC_TRANSPOSE_CONV_F32_H
#define GENC_TRANSPOSE_CONV_F32_H

#include "genc_transpose_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * As genc_transpose_conv_params says; weights are float, channels the bits of the float bias of each output channel,
 * filled up to blocks of four, low and high the bits of floats.
 */
typedef genc_transpose_conv_params genc_transpose_conv_f32_params;

/**
 * TRANSPOSE_CONV, any kernel, stride and padding; sums are in float.
 * @param in       float NHWC [N, in_h, in_w, in_c / 4]
 * @param out      float NHWC [N, out_h, out_w, out_c / 4]
 * @param scratch  the patch of the largest phase, aligned to 4
 * Semantics: TransposeConv of TFLite (reference/transpose_conv.h).
 */
void genc_transpose_conv_f32(const genc_transpose_conv_f32_params *p, const void *in, void *out, void *scratch,
                             int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_TRANSPOSE_CONV_F32_H */
