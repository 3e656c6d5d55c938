#include "genc_lstm_s8.h"

#include "genc_dot_u8.h"
#include "genc_gate_table_s16.h"
#include "genc_gates_s16.h"
#include "genc_layer_norm_s16.h"
#include "genc_requantize.h"

enum { FORGET, UPDATE, OUTPUT, INPUT };

/** What a step reads. */
typedef struct {
    const int8_t *x;
    const int8_t *h;
    const int16_t *c;
    int32_t batch;
    int32_t x_start; /* genc_dot_start of x */
    int32_t h_start; /* genc_dot_start of h */
} genc_lstm_operands;

static inline int32_t saturate16(int32_t value)
{
    return genc_clamp(value, INT16_MIN, INT16_MAX);
}

/* (sum + bias) in the gate's scale; f is {left, multiplier, right}. */
static inline int32_t gate_scale(int32_t sum, int32_t bias, const int32_t *f)
{
    const uint32_t value = (uint32_t)sum + (uint32_t)bias;
    if (f[0] < 0) return genc_scale((int32_t)value, f[1], f[2]);
    return genc_scale_right_or_not((int32_t)(value << f[0]), f[1], f[2]);
}

static void logistic(const genc_lstm_s8_params *p, int16_t *v)
{
    if (p->gate_table != NULL) {
        genc_logistic_table_s16(p->gate_table, v, p->cells);
    } else {
        genc_logistic_s16(v, p->cells);
    }
}

static void squash(const genc_lstm_s8_params *p, const int16_t *x, int16_t *y, int32_t integer_bits)
{
    if (p->gate_table != NULL) {
        genc_tanh_table_s16(p->gate_table, x, y, p->cells, integer_bits - 2);
    } else {
        genc_tanh_s16(x, y, p->cells, integer_bits);
    }
}

/* What a gate feeds to logistic or tanh, Q3.12. */
static void gate_sums(const genc_lstm_s8_params *p, int32_t gate, const genc_lstm_operands *in, int16_t *out)
{
    const int32_t blocks = (p->cells + 3) / 4;
    const int32_t *f = p->factors + gate * GENC_LSTM_GATE;
    const int32_t *bias = p->biases + gate * blocks * 8;
    const uint8_t *w = p->input_weights + (ptrdiff_t)gate * blocks * 4 * p->depth;
    const uint8_t *r = p->recurrent_weights + (ptrdiff_t)gate * blocks * 4 * p->outputs;
    const int32_t place = (gate * p->batches + in->batch) * p->cells;
    const int16_t *hole = p->peepholes != NULL && gate != UPDATE ? p->peepholes + place : NULL;
    int32_t cell, i;
    for (cell = 0; cell < p->cells; cell += 4, w += 4 * p->depth, r += 4 * p->outputs) {
        const int32_t n = p->cells - cell < 4 ? p->cells - cell : 4;
        int32_t a[4], b[4];
        genc_dot_u8(w, in->x, p->depth, in->x_start, a);
        genc_dot_u8(r, in->h, p->outputs, in->h_start, b);
        for (i = 0; i < n; i++, bias += 2) {
            int32_t v = saturate16(gate_scale(a[i], bias[0], f));
            v = saturate16(v + gate_scale(b[i], bias[1], f + 3));
            if (hole != NULL) v = saturate16(v + genc_scale(in->c[cell + i] * hole[cell + i], f[6], f[7]));
            out[cell + i] = (int16_t)v;
        }
    }
    if (p->norms != NULL) {
        const int32_t first = gate * p->cells;
        genc_layer_norm_s16(out, p->cells, p->norms + first, p->norm_biases + first, p->norm_factors + 3 * gate);
    }
}

/* c = f c + i g; the entry may be missing: i = 1 - f. */
static void update_cells(const genc_lstm_s8_params *p, const int16_t *forget, const int16_t *entry,
                         const int16_t *update, int16_t *c)
{
    int32_t i;
    for (i = 0; i < p->cells; i++) {
        const int32_t f = forget[i], in = entry != NULL ? entry[i] : INT16_MAX - f;
        const int32_t kept = genc_shift_right(f * c[i], 15);
        const int32_t sum = saturate16(kept + genc_shift_right(in * update[i], p->cell_shift));
        c[i] = (int16_t)genc_clamp(sum, -p->cell_clip, p->cell_clip);
    }
}

/* h = o tanh(c), int8. */
static void hidden_of(const genc_lstm_s8_params *p, const int16_t *output, const int16_t *squashed, int8_t *h)
{
    int32_t i;
    for (i = 0; i < p->cells; i++) {
        const int32_t v = genc_scale_right_or_not(output[i] * squashed[i], p->hidden_multiplier, p->hidden_right);
        h[i] = (int8_t)genc_clamp(v + p->hidden_zero, INT8_MIN, INT8_MAX);
    }
}

static void project(const genc_lstm_s8_params *p, const int8_t *h, int8_t *y)
{
    const int32_t start = genc_dot_start(h, p->cells);
    const int32_t low = -p->projection_clip, high = p->projection_clip > 127 ? INT8_MAX : p->projection_clip;
    const uint8_t *w = p->projection;
    int32_t o, i;
    for (o = 0; o < p->outputs; o += 4, w += 4 * p->cells) {
        const int32_t n = p->outputs - o < 4 ? p->outputs - o : 4;
        int32_t s[4];
        genc_dot_u8(w, h, p->cells, start, s);
        for (i = 0; i < n; i++) {
            const int32_t sum = (int32_t)((uint32_t)s[i] + (uint32_t)p->projection_bias[o + i]);
            const int32_t v = genc_scale(sum, p->projection_multiplier, p->projection_shift);
            y[o + i] = (int8_t)genc_clamp(v + p->y_zero, low, high);
        }
    }
}

/* One step of one batch. */
static void lstm_step(const genc_lstm_s8_params *p, int32_t batch, const int8_t *x, int8_t *h, int16_t *c,
                      int16_t *scratch)
{
    int16_t *const a = scratch, *const b = a + p->cells, *const g = b + p->cells;
    genc_lstm_operands in;
    in.x = x;
    in.h = h;
    in.c = c;
    in.batch = batch;
    in.x_start = genc_dot_start(x, p->depth);
    in.h_start = genc_dot_start(h, p->outputs);

    gate_sums(p, FORGET, &in, a);
    logistic(p, a);
    if (p->gates == 4) {
        gate_sums(p, INPUT, &in, b);
        logistic(p, b);
    }
    gate_sums(p, UPDATE, &in, g);
    squash(p, g, g, 3);
    update_cells(p, a, p->gates == 4 ? b : NULL, g, c);

    gate_sums(p, OUTPUT, &in, a);
    logistic(p, a);
    squash(p, c, b, p->tanh_bits);
    if (p->projection == NULL) {
        hidden_of(p, a, b, h);
    } else {
        hidden_of(p, a, b, (int8_t *)g);
        project(p, (const int8_t *)g, h);
    }
}

void genc_lstm_s8(const genc_lstm_s8_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell, int8_t *y,
                  int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin, int32_t row_end)
{
    int32_t row;
    if (row_begin == 0) {
        genc_begin_state(hidden_next, hidden, (size_t)(p->batches * p->outputs));
        genc_begin_state(cell_next, cell, (size_t)(p->batches * p->cells) * sizeof(int16_t));
    }
    for (row = row_begin; row < row_end; row++) {
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        int8_t *const h = hidden_next + batch * p->outputs;
        int16_t *const c = cell_next + batch * p->cells;
        lstm_step(p, batch, genc_row(x, row, p->x_held, p->depth), h, c, (int16_t *)scratch);
        memcpy(genc_row_out(y, row, p->y_held, p->outputs), h, (size_t)p->outputs);
    }
}
