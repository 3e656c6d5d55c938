/**
 * @file genc_rnn_floats.h
 * @brief What the RNN kernels of float activations share: all but how a matrix meets a vector.
 */
#ifndef GENC_RNN_FLOATS_H
#define GENC_RNN_FLOATS_H

#include "genc_rnn_f32.h"

#include "genc_lstm.h"
#include "genc_vector.h"

/** The whole layer, as genc_rnn_f32. */
static inline void genc_rnn_floats(const genc_rnn_f32_params *p, genc_vector_maker vector, genc_vector_product product,
                                   const float *x, const float *hidden, float *y, float *hidden_next, void *scratch,
                                   int32_t row_begin, int32_t row_end)
{
    const int32_t y_bytes = p->units * (int32_t)sizeof(float), x_bytes = p->depth * (int32_t)sizeof(float);
    const int32_t end = genc_sequence_rows(row_end, p->steps, p->batches, p->backward);
    float *const sum = (float *)scratch;
    int8_t *const bytes = (int8_t *)(sum + p->units);
    int32_t i, u;
    if (row_begin == 0) genc_begin_state(hidden_next, hidden, (size_t)(p->batches * y_bytes));
    for (i = genc_sequence_rows(row_begin, p->steps, p->batches, p->backward); i < end; i++) {
        const int32_t row = genc_sequence_row(i, p->steps, p->batches, p->backward);
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        float *const h = hidden_next + batch * p->units;
        const float *const in = genc_floats(genc_row(x, row, p->x_held, x_bytes));
        const genc_vector now = vector(in, p->depth, p->asymmetric, bytes);
        const genc_vector past = vector(h, p->units, p->asymmetric, bytes + p->depth);
        genc_begin_f32(sum, p->bias, p->units);
        product(p->input_weights, genc_matrix_scale(p->scales, 0), &now, sum, p->units);
        product(p->recurrent_weights, genc_matrix_scale(p->scales, 1), &past, sum, p->units);
        for (u = 0; u < p->units; u++) {
            const float value = p->function(genc_clipped_f32(sum[u], p->gate_clip), p->alpha, p->beta);
            h[u] = genc_clamp_f32(value, p->low, p->high);
        }
        memcpy(genc_row_out(y, p->last_only ? batch : row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}

#endif /* GENC_RNN_FLOATS_H */
