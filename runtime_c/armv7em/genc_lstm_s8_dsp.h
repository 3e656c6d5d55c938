/**
 * @file genc_lstm_s8_dsp.h
 * @brief LSTM over a sequence, int8 with int16 cell state, for DSP cores: pairs of cells, gates from a table.
 */
#ifndef GENC_LSTM_S8_DSP_H
#define GENC_LSTM_S8_DSP_H

#include "genc_dsp.h"

/* From sums of products to Q3.12: round(round((sum << before) * multiplier / 2^32) / 2^right), int32. */
#define GENC_LSTM_MULTIPLIER 0 /* 2^30 ... 2^31 - 1, or 0 */
#define GENC_LSTM_HALF 1       /* 2^right / 2 */
#define GENC_LSTM_RIGHT 2      /* 0 ... 30 */
#define GENC_LSTM_BEFORE 3     /* 1 ... 8 */
#define GENC_LSTM_BEFORE_B 4   /* 8 - before */
#define GENC_LSTM_TIES 5       /* -1: ties of the second rounding go away from zero; 0: there is no second one */
#define GENC_LSTM_FACTOR 6

/**
 * Every step as in genc_lstm_s8.h, without peepholes and projection; gates stand in the order forget, update, output,
 * input.
 *
 * A pair is cells A = 2i and B = 2i + 1 of a gate, lane = 256 * B + A, as in genc_tile_s8.h; the B behind an odd last
 * cell has weights of zero.  Pairs count through the gates, and are filled up to blocks of four.  A group is four
 * inputs, then, from a new group on, four of the hidden state, those past the last one with weights of zero: two
 * words, of inputs 0 and 2 and of inputs 1 and 3.
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
    const uint32_t *stream;          /* [blocks of 4 pairs]{of W x, of R h}, each {biases [4 pairs]{A, A + 256 * B} with
                                        zero points folded in, modulo 2^32; weights [groups][2 words][4 pairs]} */
    const int32_t *factors;          /* [gates; one more, of anything, for pairs that fill up]
                                        {of W x, of R h}[GENC_LSTM_FACTOR] */
    const uint32_t *gate_table;      /* genc_gate_table_s16.h */
    int32_t cell_shift;              /* of i g to the cell state's scale, to the right */
    int32_t cell_clip;               /* limit of the cell state, 32768: none */
    int32_t tanh_doublings;          /* integer bits of the cell state, less 2 */
    int32_t hidden_multiplier;       /* from o tanh(c) to y */
    int32_t hidden_right;            /* its shift to the right, 0 ... 30 */
    int32_t hidden_zero;             /* zero point of y */
} genc_lstm_s8_dsp_params;

/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM int8; row r is one step of one batch.
 * @param x            [rows, I]
 * @param hidden       [B, C], read before row 0
 * @param cell         [B, C], read before row 0
 * @param y            [rows, C]; may be x
 * @param hidden_next  [B, C]; may be `hidden`
 * @param cell_next    [B, C]; may be `cell`
 * @param scratch      int16: the pairs of all blocks, then I and C, each filled up to a multiple of 4
 * Semantics: TFLite's 8x8_16 LSTM (kernels/lstm_eval.cc); codegen.reference.recurrent.lstm.
 */
void genc_lstm_s8_dsp(const genc_lstm_s8_dsp_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                      int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                      int32_t row_end);

#endif /* GENC_LSTM_S8_DSP_H */
