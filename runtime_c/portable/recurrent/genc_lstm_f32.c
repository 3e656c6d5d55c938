#include "genc_lstm_f32.h"

#include <math.h>

#include "genc_dot_f32.h"

enum { FORGET, UPDATE, OUTPUT, INPUT };

#define NORM_EPSILON 1e-8f

/* Mean 0, variance 1. */
static void normalise(float *v, int32_t count)
{
    float sum = 0.0f, squares = 0.0f, mean, factor;
    int32_t i;
    for (i = 0; i < count; i++) sum += v[i];
    mean = sum / (float)count;
    for (i = 0; i < count; i++) {
        v[i] -= mean;
        squares += v[i] * v[i];
    }
    factor = 1.0f / sqrtf(squares / (float)count + NORM_EPSILON);
    for (i = 0; i < count; i++) v[i] *= factor;
}

/* A gate, or the update. */
static void gate_values(const genc_lstm_f32_params *p, int32_t gate, const float *x, const float *h, const float *c,
                      float *out)
{
    const int32_t cells = p->cells, padded = (cells + 3) & ~3;
    const float *bias = p->biases + gate * cells, *norm = p->norms != NULL ? p->norms + gate * cells : NULL;
    int32_t i;
    genc_begin_f32(out, norm != NULL ? NULL : bias, cells);
    genc_dot_f32(p->input_weights + (ptrdiff_t)gate * padded * p->depth, x, p->depth, out, cells);
    genc_dot_f32(p->recurrent_weights + (ptrdiff_t)gate * padded * p->outputs, h, p->outputs, out, cells);
    if (p->peepholes != NULL && gate != UPDATE)
        for (i = 0; i < cells; i++) out[i] += c[i] * p->peepholes[gate * cells + i];
    if (norm != NULL) {
        normalise(out, cells);
        for (i = 0; i < cells; i++) out[i] = out[i] * norm[i] + bias[i];
    }
    for (i = 0; i < cells; i++) {
        const float sum = genc_clipped_f32(out[i], p->gate_clip);
        out[i] = gate == UPDATE ? p->update(sum, p->update_alpha, p->update_beta)
                                : p->gate(sum, p->gate_alpha, p->gate_beta);
    }
}

/* c = f c + i g; the entry may be missing: i = 1 - f. */
static void update_cells(const genc_lstm_f32_params *p, const float *forget, const float *entry, const float *update,
                         float *c)
{
    int32_t i;
    for (i = 0; i < p->cells; i++) {
        const float in = entry != NULL ? entry[i] : 1.0f - forget[i];
        c[i] = genc_clipped_f32(forget[i] * c[i] + in * update[i], p->cell_clip);
    }
}

/* One step of one batch. */
static void lstm_step(const genc_lstm_f32_params *p, const float *x, float *h, float *c, float *scratch)
{
    float *const a = scratch, *const b = a + p->cells, *const g = b + p->cells;
    float *const result = p->projection != NULL ? b : h;
    int32_t i;
    gate_values(p, FORGET, x, h, c, a);
    if (p->gates == 4) gate_values(p, INPUT, x, h, c, b);
    gate_values(p, UPDATE, x, h, c, g);
    update_cells(p, a, p->gates == 4 ? b : NULL, g, c);
    gate_values(p, OUTPUT, x, h, c, a);
    for (i = 0; i < p->cells; i++) result[i] = a[i] * p->squash(c[i], p->squash_alpha, p->squash_beta);
    if (p->projection != NULL) {
        genc_begin_f32(h, p->projection_bias, p->outputs);
        genc_dot_f32(p->projection, result, p->cells, h, p->outputs);
        for (i = 0; i < p->outputs; i++) h[i] = genc_clipped_f32(h[i], p->projection_clip);
    }
}

void genc_lstm_f32(const genc_lstm_f32_params *p, const float *x, const float *hidden, const float *cell, float *y,
                   float *hidden_next, float *cell_next, void *scratch, int32_t row_begin, int32_t row_end)
{
    const int32_t x_bytes = p->depth * (int32_t)sizeof(float), y_bytes = p->outputs * (int32_t)sizeof(float);
    const int32_t end = genc_sequence_rows(row_end, p->steps, p->batches, p->backward);
    int32_t i;
    if (row_begin == 0) {
        genc_begin_state(hidden_next, hidden, (size_t)(p->batches * y_bytes));
        genc_begin_state(cell_next, cell, (size_t)(p->batches * p->cells) * sizeof(float));
    }
    for (i = genc_sequence_rows(row_begin, p->steps, p->batches, p->backward); i < end; i++) {
        const int32_t row = genc_sequence_row(i, p->steps, p->batches, p->backward);
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        float *const h = hidden_next + batch * p->outputs;
        const float *in = genc_floats(genc_row(x, row, p->x_held, x_bytes));
        lstm_step(p, in, h, cell_next + batch * p->cells, (float *)scratch);
        memcpy(genc_row_out(y, p->last_only ? batch : row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}
