/**
 * @file genc_lstm_s8.h
 * @brief LSTM over a sequence, int8 with int16 cell state.
 */
#ifndef GENC_LSTM_S8_H
#define GENC_LSTM_S8_H

#include "genc_lstm.h"

#define GENC_LSTM_GATE 8 /* numbers of a gate in `factors` */

/**
 * Every step: f, i, o = logistic(W x + R h + p c + b), g = tanh(W x + R h + b), all in Q3.12, which layer
 * normalisation makes of other scales;
 * c' = f c + i g; h' = o tanh(c'), projected if there is a projection.
 * Gates stand in the order forget, update (g), output, input; without the last one, i = 1 - f.
 * Weights are 128 more than the model's.  Zero points are inside the biases.
 */
typedef struct {
    int32_t steps;                  /* T */
    int32_t batches;                /* B */
    int32_t time_major;             /* 0: rows are [B][T]; 1: [T][B] */
    int32_t x_held;                 /* rows kept of x */
    int32_t y_held;                 /* rows kept of y */
    int32_t depth;                  /* I, elements of a row of x */
    int32_t cells;                  /* C */
    int32_t outputs;                /* O, elements of a row of y */
    int32_t gates;                  /* 4, or 3 without an input gate of its own */
    const uint8_t *input_weights;     /* [gates][blocks of 4 cells][I][4] */
    const uint8_t *recurrent_weights; /* [gates][blocks of 4 cells][O][4] */
    const int32_t *biases;            /* [gates][blocks of 4 cells][4]{of W x, of R h} */
    const int32_t *factors;           /* [gates]{left shift, multiplier, right shift: of W x; the same of R h;
                                         multiplier, shift: of p c}; left shift -1: the right one is any shift */
    const int16_t *peepholes;         /* [forget, -, output, input][B][C], or NULL */
    int32_t cell_shift;             /* of i g to the cell state's scale, to the right */
    int32_t cell_clip;              /* limit of the cell state, 32768: none */
    int32_t tanh_bits;              /* integer bits of the cell state */
    int32_t hidden_multiplier;      /* from o tanh(c) to what is projected, or to y */
    int32_t hidden_right;           /* its shift to the right, 0 ... 30 */
    int32_t hidden_zero;            /* zero point of what is projected, or of y */
    const uint8_t *projection;      /* [blocks of 4 outputs][C][4], or NULL */
    const int32_t *projection_bias; /* [blocks of 4 outputs][4], or NULL */
    int32_t projection_multiplier;  /* from sums to y */
    int32_t projection_shift;       /* positive to the left */
    int32_t projection_clip;        /* limit of the projection, 128: none */
    int32_t y_zero;                 /* zero point of y */
    const int16_t *norms;           /* layer normalisation: weights [gates][C], or NULL */
    const int32_t *norm_biases;     /* [gates][C], or NULL */
    const int32_t *norm_factors;    /* [gates]{multiplier, shift, least variance}, or NULL */
    const uint32_t *gate_table;     /* genc_gate_table_s16.h, with a cell state of 2 integer bits or more; or NULL */
} genc_lstm_s8_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM int8; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, O], read before row 0
 * @param cell         [B, C], read before row 0
 * @param y            [rows, O]; may be x
 * @param hidden_next  [B, O]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      3 * C int16
 * Semantics: TFLite's 8x8_16 LSTM (kernels/lstm_eval.cc); codegen.reference.recurrent.lstm.
 */
void genc_lstm_s8(const genc_lstm_s8_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell, int8_t *y,
                  int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_LSTM_S8_H */
