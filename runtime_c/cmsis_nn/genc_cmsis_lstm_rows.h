/**
 * @file genc_cmsis_lstm_rows.h
 * @brief LSTM, int8: products and cell states by CMSIS-NN, logistic and tanh by ours.
 *
 * arm_lstm_unidirectional_s8 as a whole interpolates logistic and tanh in a table, which is another function than
 * TFLite's; all the rest of it is here, call by call.
 */
#ifndef GENC_CMSIS_LSTM_ROWS_H
#define GENC_CMSIS_LSTM_ROWS_H

#include <arm_nnfunctions.h>
#include <arm_nnsupportfunctions.h>

#include "genc_lstm.h"

/** Multiplier of arm_nn_requantize that leaves the shift alone: (v * (2^31 - 1) + 2^30) >> 31 is v for |v| <= 2^30. */
#define GENC_CMSIS_ONE INT32_MAX

/**
 * Every step: f, i, o = logistic(W x + R h + b), g = tanh(W x + R h + b), in Q3.12; c' = f c + i g; h' = o tanh(c').
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
    int32_t gates;                   /* forget, update (g), output, input; 3: without the last one, i = 1 - f */
    const int8_t *input_weights;     /* [gates][C][I] */
    const int8_t *recurrent_weights; /* [gates][C][C] */
    const int32_t *input_bias;       /* [gates][C] */
    const int32_t *recurrent_bias;   /* [gates][C] */
    const int32_t *factors;          /* [gates]{multiplier, shift: of W x; of R h}, shifts positive to the left */
    int32_t cell_shift;              /* of i g to the cell state's scale, to the right */
    int32_t cell_clip;               /* limit of the cell state, 0: none */
    int32_t tanh_bits;               /* integer bits of the cell state */
    int32_t hidden_multiplier;       /* from o tanh(c) to y */
    int32_t hidden_shift;            /* positive to the left */
    int32_t hidden_zero;             /* zero point of y */
    const uint32_t *gate_table;      /* genc_gate_table_s16.h, with a cell state of 2 integer bits or more; or NULL */
} genc_cmsis_lstm;

/** logistic of Q3.12, and tanh of Q(integer_bits), of values [count] in place; they may use the rest of a last word. */
typedef struct {
    void (*logistic)(const uint32_t *table, int16_t *v, int32_t count);
    void (*squash)(const uint32_t *table, int16_t *v, int32_t count, int32_t integer_bits);
} genc_cmsis_gates;

enum { GENC_CMSIS_FORGET, GENC_CMSIS_UPDATE, GENC_CMSIS_OUTPUT, GENC_CMSIS_INPUT };

/* W x + R h + b of one gate to v. */
static inline void genc_cmsis_gate(const genc_cmsis_lstm *p, int32_t gate, const int8_t *x, const int8_t *h, int16_t *v)
{
    const int32_t *f = p->factors + 4 * gate;
    const int32_t first = gate * p->cells;
    memset(v, 0, (size_t)p->cells * sizeof *v);
    (void)arm_nn_vec_mat_mul_result_acc_s8_s16(x, p->input_weights + first * p->depth, p->input_bias + first, v, f[0],
                                               f[1], p->depth, p->cells, 1, 1);
    (void)arm_nn_vec_mat_mul_result_acc_s8_s16(h, p->recurrent_weights + first * p->cells, p->recurrent_bias + first, v,
                                               f[2], f[3], p->cells, p->cells, 1, 1);
}

/* One step of one batch; a and b are [C]. */
static inline void genc_cmsis_lstm_step(const genc_cmsis_lstm *p, const genc_cmsis_gates *gates, const int8_t *x,
                                        int8_t *h, int16_t *c, int16_t *a, int16_t *b)
{
    int32_t i;
    genc_cmsis_gate(p, GENC_CMSIS_FORGET, x, h, a);
    gates->logistic(p->gate_table, a, p->cells);
    (void)arm_elementwise_mul_s16(a, c, 0, 0, c, 0, GENC_CMSIS_ONE, -15, INT16_MIN, INT16_MAX, p->cells);

    if (p->gates > GENC_CMSIS_INPUT) {
        genc_cmsis_gate(p, GENC_CMSIS_INPUT, x, h, a);
        gates->logistic(p->gate_table, a, p->cells);
    } else {
        for (i = 0; i < p->cells; i++) a[i] = (int16_t)(INT16_MAX - a[i]);
    }
    genc_cmsis_gate(p, GENC_CMSIS_UPDATE, x, h, b);
    gates->squash(p->gate_table, b, p->cells, 3);
    (void)arm_elementwise_mul_acc_s16(a, b, 0, 0, c, 0, GENC_CMSIS_ONE, -p->cell_shift, -p->cell_clip, p->cell_clip,
                                      p->cells);

    genc_cmsis_gate(p, GENC_CMSIS_OUTPUT, x, h, a);
    gates->logistic(p->gate_table, a, p->cells);
    memcpy(b, c, (size_t)p->cells * sizeof *b);
    gates->squash(p->gate_table, b, p->cells, p->tanh_bits);
    (void)arm_elementwise_mul_s16_s8(a, b, h, p->hidden_zero, p->hidden_multiplier, p->hidden_shift, p->cells, 1, 1);
}

/** What an adapter does; its scratch holds twice C int16, in whole words. */
static inline void genc_cmsis_lstm_rows(const genc_cmsis_lstm *p, const genc_cmsis_gates *gates, const int8_t *x,
                                        const int8_t *hidden, const int16_t *cell, int8_t *y, int8_t *hidden_next,
                                        int16_t *cell_next, void *scratch, int32_t row_begin, int32_t row_end)
{
    int16_t *const a = (int16_t *)scratch, *const b = a + 2 * ((p->cells + 1) / 2);
    int32_t row;
    if (row_begin == 0) {
        genc_begin_state(hidden_next, hidden, (size_t)(p->batches * p->cells));
        genc_begin_state(cell_next, cell, (size_t)(p->batches * p->cells) * sizeof *cell);
    }
    for (row = row_begin; row < row_end; row++) {
        const int32_t first = genc_batch_of(row, p->steps, p->batches, p->time_major) * p->cells;
        int8_t *const h = hidden_next + first;
        genc_cmsis_lstm_step(p, gates, genc_row(x, row, p->x_held, p->depth), h, cell_next + first, a, b);
        memcpy(genc_row_out(y, row, p->y_held, p->cells), h, (size_t)p->cells);
    }
}

#endif /* GENC_CMSIS_LSTM_ROWS_H */
