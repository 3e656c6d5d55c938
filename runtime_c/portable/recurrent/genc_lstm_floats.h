/**
 * @file genc_lstm_floats.h
 * @brief What the LSTM kernels of float activations share: all but how a matrix meets a vector.
 */
#ifndef GENC_LSTM_FLOATS_H
#define GENC_LSTM_FLOATS_H

#include "genc_lstm_f32.h"

#include <math.h>

#include "genc_vector.h"

enum { GENC_LSTM_FORGET, GENC_LSTM_UPDATE, GENC_LSTM_OUTPUT, GENC_LSTM_INPUT };

#define GENC_NORM_EPSILON 1e-8f

/** What the gates of a step are made of. */
typedef struct {
    genc_vector x;
    genc_vector h;
} genc_lstm_vectors;

/** The operands of genc_lstm_f32. */
typedef struct {
    const float *x;
    const float *hidden;
    const float *cell;
    float *y;
    float *hidden_next;
    float *cell_next;
    float *scratch;
} genc_lstm_operands_f32;

/** Mean 0, variance 1. */
static inline void genc_lstm_normalise(float *v, int32_t count)
{
    float sum = 0.0f, squares = 0.0f, mean, factor;
    int32_t i;
    for (i = 0; i < count; i++) sum += v[i];
    mean = sum / (float)count;
    for (i = 0; i < count; i++) {
        v[i] -= mean;
        squares += v[i] * v[i];
    }
    factor = 1.0f / sqrtf(squares / (float)count + GENC_NORM_EPSILON);
    for (i = 0; i < count; i++) v[i] *= factor;
}

/** A gate, or the update. */
static inline void genc_lstm_gate(const genc_lstm_f32_params *p, genc_vector_product product, int32_t gate,
                                  const genc_lstm_vectors *in, const float *c, float *out)
{
    const int32_t cells = p->cells, padded = (cells + 3) & ~3;
    const float *bias = p->biases + gate * cells, *norm = p->norms != NULL ? p->norms + gate * cells : NULL;
    int32_t i;
    genc_begin_f32(out, norm != NULL ? NULL : bias, cells);
    product((const int8_t *)p->input_weights + (ptrdiff_t)gate * padded * p->depth * p->weight_bytes,
            genc_matrix_scale(p->scales, 2 * gate), &in->x, out, cells);
    product((const int8_t *)p->recurrent_weights + (ptrdiff_t)gate * padded * p->outputs * p->weight_bytes,
            genc_matrix_scale(p->scales, 2 * gate + 1), &in->h, out, cells);
    if (p->peepholes != NULL && gate != GENC_LSTM_UPDATE)
        for (i = 0; i < cells; i++) out[i] += c[i] * p->peepholes[gate * cells + i];
    if (norm != NULL) {
        genc_lstm_normalise(out, cells);
        for (i = 0; i < cells; i++) out[i] = out[i] * norm[i] + bias[i];
    }
    for (i = 0; i < cells; i++) {
        const float sum = genc_clipped_f32(out[i], p->gate_clip);
        out[i] = gate == GENC_LSTM_UPDATE ? p->update(sum, p->update_alpha, p->update_beta)
                                : p->gate(sum, p->gate_alpha, p->gate_beta);
    }
}

/** c = f c + i g; the entry may be missing: i = 1 - f. */
static inline void genc_lstm_cells(const genc_lstm_f32_params *p, const float *forget, const float *entry,
                                   const float *update, float *c)
{
    int32_t i;
    for (i = 0; i < p->cells; i++) {
        const float in = entry != NULL ? entry[i] : 1.0f - forget[i];
        c[i] = genc_clipped_f32(forget[i] * c[i] + in * update[i], p->cell_clip);
    }
}

/** One step of one batch. */
static inline void genc_lstm_step(const genc_lstm_f32_params *p, genc_vector_maker vector, genc_vector_product product,
                                  const float *x, float *h, float *c, float *scratch)
{
    float *const a = scratch, *const b = a + p->cells, *const g = b + p->cells;
    int8_t *const bytes = (int8_t *)(g + p->cells);
    float *const result = p->projection != NULL ? b : h;
    genc_lstm_vectors in;
    int32_t i;
    in.x = vector(x, p->depth, p->asymmetric, bytes);
    in.h = vector(h, p->outputs, p->asymmetric, bytes + p->depth);
    genc_lstm_gate(p, product, GENC_LSTM_FORGET, &in, c, a);
    if (p->gates == 4) genc_lstm_gate(p, product, GENC_LSTM_INPUT, &in, c, b);
    genc_lstm_gate(p, product, GENC_LSTM_UPDATE, &in, c, g);
    genc_lstm_cells(p, a, p->gates == 4 ? b : NULL, g, c);
    genc_lstm_gate(p, product, GENC_LSTM_OUTPUT, &in, c, a);
    for (i = 0; i < p->cells; i++) result[i] = a[i] * p->squash(c[i], p->squash_alpha, p->squash_beta);
    if (p->projection != NULL) {
        const genc_vector hidden = vector(result, p->cells, p->asymmetric, bytes);
        genc_begin_f32(h, p->projection_bias, p->outputs);
        product(p->projection, genc_matrix_scale(p->scales, 2 * p->gates), &hidden, h, p->outputs);
        for (i = 0; i < p->outputs; i++) h[i] = genc_clipped_f32(h[i], p->projection_clip);
    }
}

/** The whole layer, as genc_lstm_f32. */
static inline void genc_lstm_floats(const genc_lstm_f32_params *p, genc_vector_maker vector, genc_vector_product product,
                                    const genc_lstm_operands_f32 *at, int32_t row_begin, int32_t row_end)
{
    const int32_t x_bytes = p->depth * (int32_t)sizeof(float), y_bytes = p->outputs * (int32_t)sizeof(float);
    const int32_t end = genc_sequence_rows(row_end, p->steps, p->batches, p->backward);
    int32_t i;
    if (row_begin == 0) {
        genc_begin_state(at->hidden_next, at->hidden, (size_t)(p->batches * y_bytes));
        genc_begin_state(at->cell_next, at->cell, (size_t)(p->batches * p->cells) * sizeof(float));
    }
    for (i = genc_sequence_rows(row_begin, p->steps, p->batches, p->backward); i < end; i++) {
        const int32_t row = genc_sequence_row(i, p->steps, p->batches, p->backward);
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        float *const h = at->hidden_next + batch * p->outputs;
        const float *in = genc_floats(genc_row(at->x, row, p->x_held, x_bytes));
        genc_lstm_step(p, vector, product, in, h, at->cell_next + batch * p->cells, at->scratch);
        memcpy(genc_row_out(at->y, p->last_only ? batch : row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}

#endif /* GENC_LSTM_FLOATS_H */
