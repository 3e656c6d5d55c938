/**
 * @file genc_nnom_depthwise_q7.h
 * @brief Depthwise convolution, q7, by local_depthwise_separable_conv_HWC_q7_nonsquare of NNoM.
 */
#ifndef GENC_NNOM_DEPTHWISE_Q7_H
#define GENC_NNOM_DEPTHWISE_Q7_H

#include "genc_nnom.h"

typedef genc_nnom_images genc_nnom_depthwise_q7_params;

/**
 * DEPTHWISE_CONV_2D, with any channel multiplier.
 * @param in   [batches, in_h, in_w, in_c]
 * @param out  [batches, out_h, out_w, out_c]
 * There is one row: a call computes all.
 * Semantics: NNoM's: (sum + (bias << bias_shift) + half) >> out_shift, saturated; codegen.backends.nnom.linear.
 */
void genc_nnom_depthwise_q7(const genc_nnom_depthwise_q7_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                            int32_t row_end);

#endif /* GENC_NNOM_DEPTHWISE_Q7_H */
