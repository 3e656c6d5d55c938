#include "genc_gru_f32.h"

#include "genc_dot_f32.h"
#include "genc_lstm.h"

enum { KEEP, RESET, NEW };

/* sums += rows of the gate in R times h. */
static void add_recurrent(const genc_gru_f32_params *p, int32_t gate, const float *h, float *sums)
{
    const int32_t padded = (p->units + 3) & ~3;
    genc_dot_f32(p->recurrent_weights + (ptrdiff_t)gate * padded * p->units, h, p->units, sums, p->units);
}

/* sums = W x + b of the gate. */
static void begin_gate(const genc_gru_f32_params *p, int32_t gate, const float *x, float *sums)
{
    const int32_t padded = (p->units + 3) & ~3;
    genc_begin_f32(sums, p->biases + gate * p->units, p->units);
    genc_dot_f32(p->input_weights + (ptrdiff_t)gate * padded * p->depth, x, p->depth, sums, p->units);
}

static void gate_values(const genc_gru_f32_params *p, int32_t gate, const float *x, const float *h, float *values)
{
    int32_t i;
    begin_gate(p, gate, x, values);
    add_recurrent(p, gate, h, values);
    for (i = 0; i < p->units; i++)
        values[i] = p->gate(genc_clipped_f32(values[i], p->gate_clip), p->gate_alpha, p->gate_beta);
}

/* What the function of n sees.  `reset` is r and may be overwritten. */
static void new_sums(const genc_gru_f32_params *p, const float *x, const float *h, float *reset, float *sums)
{
    int32_t i;
    if (p->reset_bias == NULL) {
        for (i = 0; i < p->units; i++) reset[i] *= h[i];
        begin_gate(p, NEW, x, sums);
        add_recurrent(p, NEW, reset, sums);
        return;
    }
    genc_begin_f32(sums, p->reset_bias, p->units);
    add_recurrent(p, NEW, h, sums);
    for (i = 0; i < p->units; i++) reset[i] *= sums[i];
    begin_gate(p, NEW, x, sums);
    for (i = 0; i < p->units; i++) sums[i] += reset[i];
}

/* One step of one batch. */
static void gru_step(const genc_gru_f32_params *p, const float *x, float *h, float *scratch)
{
    float *const keep = scratch, *const reset = keep + p->units, *const sums = reset + p->units;
    int32_t i;
    gate_values(p, KEEP, x, h, keep);
    gate_values(p, RESET, x, h, reset);
    new_sums(p, x, h, reset, sums);
    for (i = 0; i < p->units; i++) {
        const float fresh = p->update(genc_clipped_f32(sums[i], p->gate_clip), p->update_alpha, p->update_beta);
        h[i] = (1.0f - keep[i]) * fresh + keep[i] * h[i];
    }
}

void genc_gru_f32(const genc_gru_f32_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                  void *scratch, int32_t row_begin, int32_t row_end)
{
    const int32_t y_bytes = p->units * (int32_t)sizeof(float), x_bytes = p->depth * (int32_t)sizeof(float);
    const int32_t end = genc_sequence_rows(row_end, p->steps, p->batches, p->backward);
    int32_t i;
    if (row_begin == 0) genc_begin_state(hidden_next, hidden, (size_t)(p->batches * y_bytes));
    for (i = genc_sequence_rows(row_begin, p->steps, p->batches, p->backward); i < end; i++) {
        const int32_t row = genc_sequence_row(i, p->steps, p->batches, p->backward);
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        float *const h = hidden_next + batch * p->units;
        gru_step(p, genc_floats(genc_row(x, row, p->x_held, x_bytes)), h, (float *)scratch);
        memcpy(genc_row_out(y, p->last_only ? batch : row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}
