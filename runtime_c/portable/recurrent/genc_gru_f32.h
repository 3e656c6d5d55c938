/**
 * @file genc_gru_f32.h
 * @brief Gated recurrent unit over a sequence, float32.
 */
#ifndef GENC_GRU_F32_H
#define GENC_GRU_F32_H

#include "genc_float.h"
#include "genc_gates_f32.h"

/**
 * Every step: z, r = gate(W x + R h + b); n = update(W x + b + R (r h)), or, with a reset_bias d,
 * n = update(W x + b + r (R h + d)); h' = (1 - z) n + z h.  Gates stand in the order z, r, n.
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
    int32_t units;                  /* U, elements of a row of y */
    const float *input_weights;     /* [3][blocks of 4 units][I][4] */
    const float *recurrent_weights; /* [3][blocks of 4 units][U][4] */
    const float *biases;            /* [3][U] */
    const float *reset_bias;        /* [U], or NULL: the reset comes before the product with R */
    float gate_clip;                /* limit of what the functions see, 0: none */
    genc_gate_function gate;        /* of z and r */
    float gate_alpha;               /* its numbers */
    float gate_beta;
    genc_gate_function update;      /* of n */
    float update_alpha;             /* its numbers */
    float update_beta;
} genc_gru_f32_params;

/**
 * GRU of ONNX, float32; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, U], read before row 0
 * @param y            [rows, U]; [B, U] where last_only
 * @param hidden_next  [B, U]; may be `hidden`
 * @param scratch      3 * U floats
 * Semantics: GRU of ONNX; codegen.reference.recurrent.gru.
 */
void genc_gru_f32(const genc_gru_f32_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                  void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_GRU_F32_H */
