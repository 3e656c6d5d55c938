/**
 * @file genc_cmsis_lstm_s8_dsp.h
 * @brief LSTM, int8, by CMSIS-NN; gates from the table, two at a time.
 */
#ifndef GENC_CMSIS_LSTM_S8_DSP_H
#define GENC_CMSIS_LSTM_S8_DSP_H

#include "genc_cmsis_lstm_rows.h"

typedef genc_cmsis_lstm genc_cmsis_lstm_s8_dsp_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM int8 without peepholes, projection and normalisation; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, C], read before row 0
 * @param cell         [B, C], read before row 0
 * @param y            [rows, C]; may be x
 * @param hidden_next  [B, C]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      two times C int16, each in whole words
 * Semantics: TFLite's 8x8_16 LSTM (kernels/lstm_eval.cc); codegen.reference.recurrent.lstm.
 */
void genc_cmsis_lstm_s8_dsp(const genc_cmsis_lstm_s8_dsp_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                        int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                        int32_t row_end);

#endif /* GENC_CMSIS_LSTM_S8_DSP_H */
