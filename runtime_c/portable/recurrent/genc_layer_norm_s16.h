/**
 * @file genc_layer_norm_s16.h
 * @brief Layer normalisation of the gates of an int8 LSTM.
 */
#ifndef GENC_LAYER_NORM_S16_H
#define GENC_LAYER_NORM_S16_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * v = (v - mean) / deviation * weight + bias, in Q3.12.
 * Semantics: TFLite's ApplyLayerNorm (reference/portable_tensor_utils.cc); codegen.reference.recurrent.
 * @param v        int16 [count], of any scale
 * @param weights  [count]
 * @param bias     [count], 2^-10 steps of the weights
 * @param factor   {multiplier, shift, positive to the left: from steps of the weights to Q3.12; what a variance below
 *                 1 counts as}
 */
void genc_layer_norm_s16(int16_t *v, int32_t count, const int16_t *weights, const int32_t *bias, const int32_t *factor);

#ifdef __cplusplus
}
#endif
#endif /* GENC_LAYER_NORM_S16_H */
