#include "genc_lstm_s16.h"

#include "genc_int16_lines.h"
#include "genc_linear_s16.h"

enum { FORGET, UPDATE, OUTPUT, INPUT };

static inline int32_t saturate16(int64_t value)
{
    return value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : (int32_t)value;
}

/* f is {multiplier, shift to the right}. */
static inline int32_t gate_scale(int64_t sum, const int32_t *f)
{
    return saturate16((int32_t)(uint32_t)(uint64_t)((sum * f[0] + ((int64_t)1 << (f[1] - 1))) >> f[1]));
}

/* A gate, or the update, in Q15. */
static void gate_values(const genc_lstm_s16_params *p, int32_t gate, const int16_t *x, const int16_t *h, int16_t *out)
{
    const int32_t blocks = (p->cells + 3) / 4;
    const int32_t *f = p->gate_factors + 4 * gate;
    const int64_t *bias = p->biases + gate * blocks * 4;
    const int8_t *w = p->input_weights + (ptrdiff_t)gate * blocks * 4 * p->depth;
    const int8_t *r = p->recurrent_weights + (ptrdiff_t)gate * blocks * 4 * p->cells;
    const int32_t plain[2] = {3, 0};
    int32_t cell, i;
    for (cell = 0; cell < p->cells; cell += 4, w += 4 * p->depth, r += 4 * p->cells) {
        const int32_t n = p->cells - cell < 4 ? p->cells - cell : 4;
        int64_t a[4], b[4];
        genc_linear_s16_sums(w, x, p->depth, a);
        genc_linear_s16_sums(r, h, p->cells, b);
        for (i = 0; i < n; i++) {
            const int32_t own = gate_scale(a[i] + bias[cell + i], f), past = gate_scale(b[i], f + 2);
            const int32_t v = saturate16(own + past);
            out[cell + i] = (int16_t)(gate == UPDATE ? genc_tanh_by(v, plain, p->table) : genc_logistic_by(v, plain, p->table));
        }
    }
}

/* One step of one batch. */
static void lstm_step(const genc_lstm_s16_params *p, const int16_t *x, int16_t *h, int16_t *c, int16_t *scratch)
{
    int16_t *const f = scratch, *const in = f + p->cells, *const g = in + p->cells;
    const int32_t left = p->tanh_shift > 0 ? p->tanh_shift : 0;
    const int32_t argument[2] = {3 << left, left - p->tanh_shift};
    int32_t i;
    gate_values(p, FORGET, x, h, f);
    gate_values(p, INPUT, x, h, in);
    gate_values(p, UPDATE, x, h, g);
    for (i = 0; i < p->cells; i++) {
        const int32_t kept = saturate16(genc_scale(f[i] * c[i], p->factors[0], p->factors[1]));
        const int32_t entry = saturate16(genc_scale(in[i] * g[i], p->factors[2], p->factors[3]));
        c[i] = (int16_t)genc_clamp(saturate16(kept + entry), -p->cell_clip, p->cell_clip);
    }
    gate_values(p, OUTPUT, x, h, f);
    for (i = 0; i < p->cells; i++) {
        const int32_t squashed = genc_tanh_by(c[i], argument, p->table);
        h[i] = (int16_t)saturate16(genc_scale(f[i] * squashed, p->factors[4], p->factors[5]));
    }
}

void genc_lstm_s16(const genc_lstm_s16_params *p, const int16_t *x, const int16_t *hidden, const int16_t *cell, int16_t *y,
                   int16_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin, int32_t row_end)
{
    const int32_t x_bytes = 2 * p->depth, y_bytes = 2 * p->cells;
    int32_t row;
    if (row_begin == 0) {
        genc_begin_state(hidden_next, hidden, (size_t)(p->batches * y_bytes));
        genc_begin_state(cell_next, cell, (size_t)(p->batches * y_bytes));
    }
    for (row = row_begin; row < row_end; row++) {
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        int16_t *const h = hidden_next + batch * p->cells;
        const int16_t *in = (const int16_t *)(const void *)genc_row(x, row, p->x_held, x_bytes);
        lstm_step(p, in, h, cell_next + batch * p->cells, (int16_t *)scratch);
        memcpy(genc_row_out(y, row, p->y_held, y_bytes), h, (size_t)y_bytes);
    }
}
