/**
 * @file genc_rnn_hybrid.h
 * @brief Fully connected recurrent layer over a sequence, float32 with int8 weights.
 */
#ifndef GENC_RNN_HYBRID_H
#define GENC_RNN_HYBRID_H

#include "genc_rnn_f32.h"

typedef genc_rnn_f32_params genc_rnn_hybrid_params;

/**
 * genc_rnn_f32 with int8 weights: what a matrix is multiplied with is quantised to 8 bits, vector by vector.
 * @param scratch  U floats, then I + U bytes
 * Semantics: RnnBatchStep (hybrid) of TFLite (kernels/internal/kernel_utils.cc); codegen.reference.recurrent.rnn.
 */
void genc_rnn_hybrid(const genc_rnn_hybrid_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                     void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_RNN_HYBRID_H */
