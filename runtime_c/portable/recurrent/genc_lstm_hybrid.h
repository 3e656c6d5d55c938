/**
 * @file genc_lstm_hybrid.h
 * @brief LSTM over a sequence, float32 with int8 weights.
 */
#ifndef GENC_LSTM_HYBRID_H
#define GENC_LSTM_HYBRID_H

#include "genc_lstm_f32.h"

typedef genc_lstm_f32_params genc_lstm_hybrid_params;

/**
 * genc_lstm_f32 with int8 weights: what a matrix is multiplied with is quantised to 8 bits, vector by vector.
 * @param scratch  3 * C floats, then I + O bytes, or C if those are more
 * Semantics: LstmStepWithAuxInput (hybrid) of TFLite (kernels/lstm_eval.cc); codegen.reference.recurrent.lstm.
 */
void genc_lstm_hybrid(const genc_lstm_hybrid_params *p, const float *x, const float *hidden, const float *cell, float *y,
                      float *hidden_next, float *cell_next, void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_LSTM_HYBRID_H */
