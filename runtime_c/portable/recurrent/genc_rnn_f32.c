#include "genc_rnn_f32.h"

#include "genc_dot_f32.h"
#include "genc_exp.h"
#include "genc_lstm.h"

void genc_rnn_f32(const genc_rnn_f32_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                  void *scratch, int32_t row_begin, int32_t row_end)
{
    const int32_t y_bytes = p->units * (int32_t)sizeof(float), x_bytes = p->depth * (int32_t)sizeof(float);
    float *const sum = (float *)scratch;
    int32_t row, i;
    if (row_begin == 0) genc_begin_state(hidden_next, hidden, (size_t)(p->batches * y_bytes));
    for (row = row_begin; row < row_end; row++) {
        float *const h = hidden_next + genc_batch_of(row, p->steps, p->batches, p->time_major) * p->units;
        genc_begin_f32(sum, p->bias, p->units);
        genc_dot_f32(p->input_weights, genc_floats(genc_row(x, row, p->x_held, x_bytes)), p->depth, sum, p->units);
        genc_dot_f32(p->recurrent_weights, h, p->units, sum, p->units);
        for (i = 0; i < p->units; i++)
            h[i] = genc_clamp_f32(p->tanh ? genc_tanh(sum[i]) : sum[i], p->low, p->high);
        memcpy(genc_row_out(y, row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}
