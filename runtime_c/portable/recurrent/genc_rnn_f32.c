#include "genc_rnn_f32.h"

#include "genc_dot_f32.h"
#include "genc_lstm.h"

void genc_rnn_f32(const genc_rnn_f32_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                  void *scratch, int32_t row_begin, int32_t row_end)
{
    const int32_t y_bytes = p->units * (int32_t)sizeof(float), x_bytes = p->depth * (int32_t)sizeof(float);
    const int32_t end = genc_sequence_rows(row_end, p->steps, p->batches, p->backward);
    float *const sum = (float *)scratch;
    int32_t i, u;
    if (row_begin == 0) genc_begin_state(hidden_next, hidden, (size_t)(p->batches * y_bytes));
    for (i = genc_sequence_rows(row_begin, p->steps, p->batches, p->backward); i < end; i++) {
        const int32_t row = genc_sequence_row(i, p->steps, p->batches, p->backward);
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        float *const h = hidden_next + batch * p->units;
        genc_begin_f32(sum, p->bias, p->units);
        genc_dot_f32(p->input_weights, genc_floats(genc_row(x, row, p->x_held, x_bytes)), p->depth, sum, p->units);
        genc_dot_f32(p->recurrent_weights, h, p->units, sum, p->units);
        for (u = 0; u < p->units; u++) {
            const float value = p->function(genc_clipped_f32(sum[u], p->gate_clip), p->alpha, p->beta);
            h[u] = genc_clamp_f32(value, p->low, p->high);
        }
        memcpy(genc_row_out(y, p->last_only ? batch : row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}
