/**
 * @file genc_cmsis_lstm_s16.h
 * @brief LSTM, int16 with int8 weights, by arm_lstm_unidirectional_s16 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_LSTM_S16_H
#define GENC_CMSIS_LSTM_S16_H

#include <arm_nnfunctions.h>

#include "genc_lstm.h"

/** Every step: f, i, o = logistic(W x + R h + b), g = tanh(W x + R h + b), in Q3.12; c' = f c + i g; h' = o tanh(c'). */
typedef struct {
    int32_t steps;                   /* T */
    int32_t batches;                 /* B */
    int32_t time_major;              /* 0: rows are [B][T]; 1: [T][B] */
    int32_t depth;                   /* I, elements of a row of x */
    int32_t cells;                   /* C, elements of a row of y */
    const int8_t *input_weights;     /* [forget, input, update, output][C][I] */
    const int8_t *recurrent_weights; /* [4][C][C] */
    const int64_t *biases;           /* [4][C] of W x, then [C] of R h: zeros */
    const int32_t *gate_factors;     /* [4]{multiplier, shift: of W x; of R h}, shifts positive to the left */
    const int32_t *factors;          /* {multiplier, shift: of f c; of i g; of o tanh(c)} */
    int32_t cell_clip;               /* limit of the cell state, 0: none */
    int32_t cell_power;              /* the cell state's scale is 2 to its power */
} genc_cmsis_lstm_s16_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM int16, all steps in one call: there is one row.
 * @param x            [B, T, I] or [T, B, I]
 * @param hidden       [B, C]
 * @param cell         [B, C]
 * @param y            [B, T, C] or [T, B, C]
 * @param hidden_next  [B, C]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      two times C int16 of every batch
 * Semantics: TFLM's 16x8_16 LSTM (lstm_eval.cc); codegen.reference.recurrent.lstm.
 */
void genc_cmsis_lstm_s16(const genc_cmsis_lstm_s16_params *p, const int16_t *x, const int16_t *hidden, const int16_t *cell,
                         int16_t *y, int16_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                         int32_t row_end);

#endif /* GENC_CMSIS_LSTM_S16_H */
