#include "genc_lstm_s8_mve.h"

#include "genc_gates_s16_mve.h"
#include "genc_mve.h"

enum { FORGET, UPDATE, OUTPUT, INPUT };

#define FACTORS 6 /* numbers of a gate */

#if GENC_MVE

static inline int32x4_t saturated16(int32x4_t value)
{
    return vmovlbq_s16(vqmovnbq_s32(vdupq_n_s16(0), value));
}

/* round(value / 2^right), ties away from zero. */
static inline int32x4_t shifted_right(int32x4_t value, int32_t right)
{
    return vrshlq_n_s32(vmlaq_n_s32(value, vshrq_n_s32(value, 31), right > 0), -right);
}

/* sums in the gate's scale; f is {left, multiplier, right}. */
static inline int32x4_t gate_scale(const int32_t *sums, const int32_t *f)
{
    const int32x4_t value = vshlq_r_s32(vldrwq_s32(sums), f[0]);
    return shifted_right(vqrdmulhq_n_s32(value, f[1]), f[2]);
}

static inline void four_gates(const int32_t *a, const int32_t *b, const int32_t *f, int16_t *out, int32_t n)
{
    const int32x4_t v = saturated16(vqaddq_s32(saturated16(gate_scale(a, f)), gate_scale(b, f + 3)));
    vstrhq_p_s32(out, v, vctp32q((uint32_t)n));
}

static void update_cells(const genc_lstm_s8_mve_params *p, const int16_t *forget, const int16_t *entry,
                         const int16_t *update, int16_t *c)
{
    const int32x4_t limit = vdupq_n_s32(p->cell_clip), least = vdupq_n_s32(-p->cell_clip);
    int32_t i;
    for (i = 0; i < p->cells; i += GENC_FOUR) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(p->cells - i));
        const int32x4_t f = vldrhq_z_s32(forget + i, lanes);
        const int32x4_t in = entry != NULL ? vldrhq_z_s32(entry + i, lanes) : vsubq_s32(vdupq_n_s32(INT16_MAX), f);
        const int32x4_t kept = shifted_right(vmulq_s32(f, vldrhq_z_s32(c + i, lanes)), 15);
        const int32x4_t come = shifted_right(vmulq_s32(in, vldrhq_z_s32(update + i, lanes)), p->cell_shift);
        const int32x4_t sum = saturated16(vaddq_s32(kept, come));
        vstrhq_p_s32(c + i, vmaxq_s32(vminq_s32(sum, limit), least), lanes);
    }
}

static void hidden_of(const genc_lstm_s8_mve_params *p, const int16_t *output, const int16_t *squashed, int8_t *h)
{
    const int32x4_t most = vdupq_n_s32(INT8_MAX), least = vdupq_n_s32(INT8_MIN);
    int32_t i;
    for (i = 0; i < p->cells; i += GENC_FOUR) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(p->cells - i));
        const int32x4_t v = vmulq_s32(vldrhq_z_s32(output + i, lanes), vldrhq_z_s32(squashed + i, lanes));
        const int32x4_t y = shifted_right(vqrdmulhq_n_s32(v, p->hidden_multiplier), p->hidden_right);
        vstrbq_p_s32(h + i, vmaxq_s32(vminq_s32(vaddq_n_s32(y, p->hidden_zero), most), least), lanes);
    }
}

#else

static inline int32_t saturated16(int32_t value)
{
    return genc_clamp(value, INT16_MIN, INT16_MAX);
}

static inline int32_t gate_scale(int32_t sum, const int32_t *f)
{
    return genc_scale_right_or_not((int32_t)((uint32_t)sum << f[0]), f[1], f[2]);
}

/* What four gates feed to logistic or tanh, Q3.12, from their sums. */
static inline void four_gates(const int32_t *a, const int32_t *b, const int32_t *f, int16_t *out, int32_t n)
{
    int32_t i;
    for (i = 0; i < n; i++) out[i] = (int16_t)saturated16(saturated16(gate_scale(a[i], f)) + gate_scale(b[i], f + 3));
}

/* c = f c + i g; the entry may be missing: i = 1 - f. */
static void update_cells(const genc_lstm_s8_mve_params *p, const int16_t *forget, const int16_t *entry,
                         const int16_t *update, int16_t *c)
{
    int32_t i;
    for (i = 0; i < p->cells; i++) {
        const int32_t f = forget[i], in = entry != NULL ? entry[i] : INT16_MAX - f;
        const int32_t kept = genc_shift_right(f * c[i], 15);
        const int32_t sum = saturated16(kept + genc_shift_right(in * update[i], p->cell_shift));
        c[i] = (int16_t)genc_clamp(sum, -p->cell_clip, p->cell_clip);
    }
}

/* h = o tanh(c). */
static void hidden_of(const genc_lstm_s8_mve_params *p, const int16_t *output, const int16_t *squashed, int8_t *h)
{
    int32_t i;
    for (i = 0; i < p->cells; i++) {
        const int32_t v = genc_scale_right_or_not(output[i] * squashed[i], p->hidden_multiplier, p->hidden_right);
        h[i] = (int8_t)genc_clamp(v + p->hidden_zero, INT8_MIN, INT8_MAX);
    }
}

#endif

/* What a gate of every cell feeds to logistic or tanh. */
static void gate_sums(const genc_lstm_s8_mve_params *p, int32_t gate, const int8_t *x, const int8_t *h, int16_t *out)
{
    const int32_t blocks = (p->cells + GENC_FOUR - 1) / GENC_FOUR;
    const int32_t w_block = GENC_FOUR * genc_whole_vectors(p->depth), r_block = GENC_FOUR * genc_whole_vectors(p->cells);
    const int32_t *const f = p->factors + gate * FACTORS;
    const int32_t *bias = p->biases + gate * blocks * 2 * GENC_FOUR;
    const int8_t *w = p->input_weights + (ptrdiff_t)gate * blocks * w_block;
    const int8_t *r = p->recurrent_weights + (ptrdiff_t)gate * blocks * r_block;
    int32_t cell;
    for (cell = 0; cell < p->cells; cell += GENC_FOUR, w += w_block, r += r_block, bias += 2 * GENC_FOUR) {
        int32_t a[GENC_FOUR], b[GENC_FOUR];
        genc_dot_four(w, x, p->depth, bias, a);
        genc_dot_four(r, h, p->cells, bias + GENC_FOUR, b);
        four_gates(a, b, f, out + cell, p->cells - cell < GENC_FOUR ? p->cells - cell : GENC_FOUR);
    }
}

/* One step of one batch. */
static void lstm_step(const genc_lstm_s8_mve_params *p, const int8_t *x, int8_t *h, int16_t *c, int16_t *scratch)
{
    int16_t *const a = scratch, *const b = a + p->cells, *const g = b + p->cells;
    gate_sums(p, FORGET, x, h, a);
    genc_logistic_s16_mve(a, p->cells);
    if (p->gates == 4) {
        gate_sums(p, INPUT, x, h, b);
        genc_logistic_s16_mve(b, p->cells);
    }
    gate_sums(p, UPDATE, x, h, g);
    genc_tanh_s16_mve(g, g, p->cells, 3);
    update_cells(p, a, p->gates == 4 ? b : NULL, g, c);

    gate_sums(p, OUTPUT, x, h, a);
    genc_logistic_s16_mve(a, p->cells);
    genc_tanh_s16_mve(c, b, p->cells, p->tanh_bits);
    hidden_of(p, a, b, h);
}

void genc_lstm_s8_mve(const genc_lstm_s8_mve_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                      int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                      int32_t row_end)
{
    int32_t row;
    if (row_begin == 0) {
        genc_begin_state(hidden_next, hidden, (size_t)(p->batches * p->cells));
        genc_begin_state(cell_next, cell, (size_t)(p->batches * p->cells) * sizeof(int16_t));
    }
    for (row = row_begin; row < row_end; row++) {
        const int32_t batch = genc_batch_of(row, p->steps, p->batches, p->time_major);
        int8_t *const h = hidden_next + batch * p->cells;
        lstm_step(p, genc_row(x, row, p->x_held, p->depth), h, cell_next + batch * p->cells, (int16_t *)scratch);
        memcpy(genc_row_out(y, row, p->y_held, p->cells), h, (size_t)p->cells);
    }
}
