/**
 * @file genc_cmsis_depthwise_3x3_s8.h
 * @brief Depthwise convolution, int8, by arm_depthwise_conv_3x3_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_DEPTHWISE_3X3_S8_H
#define GENC_CMSIS_DEPTHWISE_3X3_S8_H

#include "genc_cmsis_depthwise.h"

typedef genc_cmsis_images genc_cmsis_depthwise_3x3_s8_params;

/**
 * DEPTHWISE_CONV_2D, 3x3, no dilation, at most one row and column of padding.
 * @param in       [batches, in_h, in_w, in_c], a ring of in_rows_held rows
 * @param out      [batches, out_h, out_w, out_c], a ring of out_rows_held rows
 * @param scratch  context_bytes, by the library's own rule for the core, then the rows gathered
 * The status that the library returns is known when the call is generated: its arguments are checked then.
 * Semantics: sums requantised with double rounding, as TFLite's convolutions are.
 */
void genc_cmsis_depthwise_3x3_s8(const genc_cmsis_depthwise_3x3_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                 int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_DEPTHWISE_3X3_S8_H */
