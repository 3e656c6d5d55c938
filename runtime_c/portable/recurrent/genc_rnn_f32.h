/**
 * @file genc_rnn_f32.h
 * @brief Fully connected recurrent layer over a sequence, float32.
 */
#ifndef GENC_RNN_F32_H
#define GENC_RNN_F32_H

#include "genc_float.h"
#include "genc_gates_f32.h"

/** Every step: h = clamp(f(W x + R h + b)). */
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
    const void *input_weights;      /* [blocks of 4 units][I][4] */
    const void *recurrent_weights;  /* [blocks of 4 units][U][4] */
    const float *scales;            /* of int8 weights: of W, of R; or NULL */
    int32_t asymmetric;             /* how int8 weights have floats quantised: with a zero point, or without */
    const float *bias;              /* [U] */
    genc_gate_function function;    /* f */
    float alpha;                    /* its numbers */
    float beta;
    float gate_clip;                /* limit of what f sees, 0: none */
    float low;                      /* smallest y */
    float high;                     /* largest y */
} genc_rnn_f32_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_RNN float32, RNN of ONNX; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, U], read before row 0
 * @param y            [rows, U]; [B, U] where last_only
 * @param hidden_next  [B, U]; may be `hidden`
 * @param scratch      U floats
 * Semantics: RnnBatchStep of TFLite (kernels/internal/kernel_utils.cc), RNN of ONNX; codegen.reference.recurrent.rnn.
 */
void genc_rnn_f32(const genc_rnn_f32_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                  void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_RNN_F32_H */
