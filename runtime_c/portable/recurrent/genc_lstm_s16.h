/**
 * @file genc_lstm_s16.h
 * @brief Plain LSTM over a sequence, int16 with int8 weights.
 */
#ifndef GENC_LSTM_S16_H
#define GENC_LSTM_S16_H

#include "genc_lstm.h"

/**
 * Every step: f, i, o = logistic(W x + R h + b), g = tanh(W x + R h + b), all in Q3.12; c' = f c + i g; h' = o tanh(c').
 * Gates stand in the order forget, update (g), output, input.
 */
typedef struct {
    int32_t steps;                   /* T */
    int32_t batches;                 /* B */
    int32_t time_major;              /* 0: rows are [B][T]; 1: [T][B] */
    int32_t x_held;                  /* rows kept of x */
    int32_t y_held;                  /* rows kept of y */
    int32_t depth;                   /* I, elements of a row of x */
    int32_t cells;                   /* C, elements of a row of y */
    const int8_t *input_weights;     /* [4 gates][blocks of 4 cells][I][4] */
    const int8_t *recurrent_weights; /* [4 gates][blocks of 4 cells][C][4] */
    const int64_t *biases;           /* [4 gates][blocks of 4 cells][4] */
    const int32_t *gate_factors;     /* [4 gates]{multiplier of 16 bits, shift to the right: of W x + b; of R h} */
    const int32_t *factors;          /* {multiplier, shift, positive to the left: of f c; of i g; of o tanh(c)} */
    int32_t cell_clip;               /* limit of the cell state, 32768: none */
    int32_t tanh_shift;              /* of the cell state to units of 1 / 4096, positive to the left */
    const int32_t *table;            /* 256 values of sigmoid(i / 24) in Q16 */
} genc_lstm_s16_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM int16; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, C], read before row 0
 * @param cell         [B, C], read before row 0
 * @param y            [rows, C]; may be x
 * @param hidden_next  [B, C]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      3 * C int16
 * Semantics: TFLM's 16x8 LSTM (micro/kernels/lstm_eval.h); codegen.reference.recurrent.lstm.
 */
void genc_lstm_s16(const genc_lstm_s16_params *p, const int16_t *x, const int16_t *hidden, const int16_t *cell, int16_t *y,
                   int16_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_LSTM_S16_H */
