/**
 * @file genc_lstm_f32.h
 * @brief LSTM over a sequence, float32.
 */
#ifndef GENC_LSTM_F32_H
#define GENC_LSTM_F32_H

#include "genc_float.h"
#include "genc_gates_f32.h"
#include "genc_lstm.h"

/**
 * Every step: f, i, o = logistic(W x + R h + p c + b), g = tanh(W x + R h + b); c' = f c + i g; h' = o tanh(c'),
 * projected if there is a projection.  With layer normalisation a gate's sum without b is brought to mean 0 and
 * variance 1 over the cells and multiplied by the gate's norms before b is added.
 * Gates stand in the order forget, update (g), output, input; without the last one, i = 1 - f.
 */
typedef struct {
    int32_t steps;                  /* T */
    int32_t batches;                /* B */
    int32_t time_major;             /* 0: rows are [B][T]; 1: [T][B] */
    int32_t backward;               /* 1: from the last row to the first; then the call has one row, all of them */
    int32_t last_only;              /* 1: y has a row per batch, the last output; all of them are kept */
    int32_t x_held;                 /* rows kept of x */
    int32_t y_held;                 /* rows kept of y */
    int32_t depth;                  /* I, elements of a row of x */
    int32_t cells;                  /* C */
    int32_t outputs;                /* O, elements of a row of y */
    int32_t gates;                  /* 4, or 3 without an input gate of its own */
    int32_t weight_bytes;           /* of a weight: 4, or 1 in genc_lstm_hybrid */
    const void *input_weights;      /* [gates][blocks of 4 cells][I][4] */
    const void *recurrent_weights;  /* [gates][blocks of 4 cells][O][4] */
    const float *scales;            /* of int8 weights: [gates]{of W, of R}, of the projection; or NULL */
    int32_t asymmetric;             /* how int8 weights have floats quantised: with a zero point, or without */
    const float *biases;            /* [gates][C] */
    const float *peepholes;         /* [forget, -, output, input][C], or NULL */
    const float *norms;             /* [gates][C], or NULL */
    float cell_clip;                /* limit of the cell state, 0: none */
    const void *projection;         /* [blocks of 4 outputs][C][4], or NULL */
    const float *projection_bias;   /* [O], or NULL */
    float projection_clip;          /* limit of the projection, 0: none */
    float gate_clip;                /* limit of what the functions of gates and update see, 0: none */
    genc_gate_function gate;        /* of f, i and o, instead of logistic */
    float gate_alpha;
    float gate_beta;
    genc_gate_function update;      /* of g, instead of tanh */
    float update_alpha;
    float update_beta;
    genc_gate_function squash;      /* of c', instead of tanh */
    float squash_alpha;
    float squash_beta;
} genc_lstm_f32_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM float32, LSTM of ONNX; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, O], read before row 0
 * @param cell         [B, C], read before row 0
 * @param y            [rows, O], may be x; [B, O] where last_only
 * @param hidden_next  [B, O]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      3 * C floats
 * Semantics: LstmStepFloat of TFLite (kernels/lstm_eval.cc), LSTM of ONNX; codegen.reference.recurrent.lstm.
 */
void genc_lstm_f32(const genc_lstm_f32_params *p, const float *x, const float *hidden, const float *cell, float *y,
                   float *hidden_next, float *cell_next, void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_LSTM_F32_H */
