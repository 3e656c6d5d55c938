/**
 * @file genc_cmsis_depthwise_s4.h
 * @brief Depthwise convolution, int8 by weights of 4 bits, by arm_depthwise_conv_s4 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_DEPTHWISE_S4_H
#define GENC_CMSIS_DEPTHWISE_S4_H

#include "genc_cmsis_depthwise.h"

typedef genc_cmsis_images genc_cmsis_depthwise_s4_params;

/**
 * DEPTHWISE_CONV_2D: any window, stride, dilation and channel multiplier.
 * @param in       [batches, in_h, in_w, in_c], a ring of in_rows_held rows
 * @param out      [batches, out_h, out_w, out_c], a ring of out_rows_held rows
 * @param scratch  context_bytes, by the library's own rule for the core, then the rows gathered
 * Weights lie two to a byte, the first in the low half, with no gap between rows.
 * The status that the library returns is known when the call is generated: its arguments are checked then.
 * Semantics: sums requantised with double rounding, as TFLite's convolutions are.
 */
void genc_cmsis_depthwise_s4(const genc_cmsis_depthwise_s4_params *p, const int8_t *in, int8_t *out, void *scratch,
                             int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_DEPTHWISE_S4_H */
