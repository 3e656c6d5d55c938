/**
 * @file genc_cmsis_depthwise_s16.h
 * @brief Depthwise convolution, int16 by weights of int8, by arm_depthwise_conv_s16 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_DEPTHWISE_S16_H
#define GENC_CMSIS_DEPTHWISE_S16_H

#include "genc_cmsis_images.h"

typedef genc_cmsis_images genc_cmsis_depthwise_s16_params;

/**
 * DEPTHWISE_CONV_2D: any window, stride, dilation and channel multiplier.
 * @param in       [batches, in_h, in_w, in_c], a ring of in_rows_held rows
 * @param out      [batches, out_h, out_w, out_c], a ring of out_rows_held rows
 * @param scratch  context_bytes, by the library's own rule for the core, then the rows gathered
 * Semantics: sums of 64 bits are scaled by multipliers of 16, rounded once; those of 32 bits twice; as TFLite does.
 */
void genc_cmsis_depthwise_s16(const genc_cmsis_depthwise_s16_params *p, const int16_t *in, int16_t *out, void *scratch,
                              int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_DEPTHWISE_S16_H */
