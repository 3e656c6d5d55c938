/**
 * @file genc_lstm_s8_mve.h
 * @brief LSTM over a sequence, int8 with int16 cell state: four gates, eight logistics at a time.
 */
#ifndef GENC_LSTM_S8_MVE_H
#define GENC_LSTM_S8_MVE_H

#include "genc_lstm.h"

/**
 * Every step: f, i, o = logistic(W x + R h + b), g = tanh(W x + R h + b), all in Q3.12; c' = f c + i g;
 * h' = o tanh(c').  Gates stand in the order forget, update (g), output, input; without the last one, i = 1 - f.
 * Zero points are inside the biases.
 */
typedef struct {
    int32_t steps;                   /* T */
    int32_t batches;                 /* B */
    int32_t time_major;              /* 0: rows are [B][T]; 1: [T][B] */
    int32_t x_held;                  /* rows kept of x */
    int32_t y_held;                  /* rows kept of y */
    int32_t depth;                   /* I, elements of a row of x */
    int32_t cells;                   /* C, elements of a row of y */
    int32_t gates;                   /* 4, or 3 without an input gate of its own */
    const int8_t *input_weights;     /* [gates][blocks of 4 cells][I / 16, rounded up][4][16], filled up with zeros */
    const int8_t *recurrent_weights; /* the same of C */
    const int32_t *biases;           /* [gates][blocks of 4 cells]{of W x [4], of R h [4]} */
    const int32_t *factors;          /* [gates]{left shift, multiplier, right shift: of W x; the same of R h} */
    int32_t cell_shift;              /* of i g to the cell state's scale, to the right */
    int32_t cell_clip;               /* limit of the cell state, 32768: none */
    int32_t tanh_bits;               /* integer bits of the cell state */
    int32_t hidden_multiplier;       /* from o tanh(c) to y */
    int32_t hidden_right;            /* its shift to the right, 0 ... 30 */
    int32_t hidden_zero;             /* zero point of y */
} genc_lstm_s8_mve_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM int8 without peepholes and projection; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, C], read before row 0
 * @param cell         [B, C], read before row 0
 * @param y            [rows, C]; may be x
 * @param hidden_next  [B, C]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      3 * C int16
 * Semantics: TFLite's 8x8_16 LSTM (kernels/lstm_eval.cc); codegen.reference.recurrent.lstm.
 */
void genc_lstm_s8_mve(const genc_lstm_s8_mve_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                      int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                      int32_t row_end);

#endif /* GENC_LSTM_S8_MVE_H */
