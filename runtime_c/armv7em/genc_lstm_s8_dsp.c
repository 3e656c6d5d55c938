#include "genc_lstm_s8_dsp.h"

#include "genc_gates_s16_dsp.h"
#include "genc_lstm.h"

#define GENC_LSTM_BLOCK 4 /* pairs that share one pass over what is multiplied */

/** What the sums of a step are made of.  The assembly knows the places of the fields. */
typedef struct {
    const uint32_t *stream;
    const uint32_t *x;       /* int16 lanes, as the groups have them; h follows */
    const uint32_t *x_end;
    const uint32_t *h_end;
    int32_t gate_bytes;      /* of the values of a gate */
    uint32_t *gate_end;      /* of the values of the first gate */
    const uint32_t *end;     /* of the values */
    uint32_t *values;        /* Q3.12, lanes A and B of every pair */
    const int32_t *factors;
} genc_lstm_sums;

/**
 * What all gates feed to logistic and tanh.
 */
#if GENC_DSP

/* r0 stream, r1 x, r2 and r3 its words, r4-r11 sums A, P of four pairs, r12 and lr weights. */
#define GENC_LSTM_WORDS(x, a, p, b, q)                                           \
    "ldrd r12, lr, [r0], #8\n"                                                   \
    "smlad " p ", r12, " x ", " p "\n sxtb16 r12, r12\n smlad " a ", r12, " x ", " a "\n" \
    "smlad " q ", lr, " x ", " q "\n sxtb16 lr, lr\n smlad " b ", lr, " x ", " b "\n"
#define GENC_LSTM_GROUP                                                          \
    "ldrd r2, r3, [r1], #8\n"                                                    \
    GENC_LSTM_WORDS("r2", "r4", "r5", "r6", "r7") GENC_LSTM_WORDS("r2", "r8", "r9", "r10", "r11") \
    GENC_LSTM_WORDS("r3", "r4", "r5", "r6", "r7") GENC_LSTM_WORDS("r3", "r8", "r9", "r10", "r11")
/* Groups up to the address at [sp, #end]. */
#define GENC_LSTM_PRODUCTS(end)                                                  \
    "ldm r0!, {r4-r11}\n ldr r2, [sp, #" end "]\n sub r2, r1\n tst r2, #8\n bne 2f\n"                \
    "1:\n" GENC_LSTM_GROUP "2:\n" GENC_LSTM_GROUP                                \
    "ldr r2, [sp, #" end "]\n cmp r1, r2\n bne 1b\n"

/* r4-r9 a factor; sums at [sp, #at] to r10 (A) and r11 (B), not yet shifted to the right. */
#define GENC_LSTM_SCALE(at)                                                      \
    "ldm r3!, {r4-r9}\n ldrd r10, r11, [sp, #" at "]\n"                          \
    "sub r11, r11, r10\n asr r11, r8\n lsl r10, r7\n"                            \
    "and r1, r9, r10, asr #31\n add r1, r5\n smmlar r10, r10, r4, r1\n"          \
    "and r1, r9, r11, asr #31\n add r1, r5\n smmlar r11, r11, r4, r1\n"
/* r2 values, r3 factors: those of the gate until its values end. */
#define GENC_LSTM_PAIR(wx, rh)                                                   \
    GENC_LSTM_SCALE(wx) "asr r10, r6\n asr r11, r6\n ssat r12, #16, r10\n ssat lr, #16, r11\n" \
    GENC_LSTM_SCALE(rh) "asr r10, r6\n asr r11, r6\n add r10, r12\n add r11, lr\n" \
    "ssat r10, #16, r10\n ssat r11, #16, r11\n pkhbt r10, r10, r11, lsl #16\n str r10, [r2], #4\n" \
    "ldr r1, [sp, #84]\n cmp r1, r2\n bne 3f\n"                                  \
    "ldr r10, [sp, #80]\n add r1, r10\n str r1, [sp, #84]\n b 4f\n"              \
    "3:\n sub r3, #48\n 4:\n"

static GENC_NAKED void genc_lstm_gates(GENC_IN_ASSEMBLY const genc_lstm_sums *sums)
{
    /* [sp] sums W x and, 32 bytes on, R h; from 64 on the fields: stream 64, x 68, x_end 72, h_end 76, gate_bytes 80,
       gate_end 84, end 88, values 92, factors 96. */
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #108\n"
        "ldm r0, {r3-r11}\n add r0, sp, #64\n stm r0, {r3-r11}\n mov r0, r3\n"
        "5:\n ldr r1, [sp, #68]\n"
        GENC_LSTM_PRODUCTS("72") "stm sp, {r4-r11}\n"
        GENC_LSTM_PRODUCTS("76") "add r12, sp, #32\n stm r12, {r4-r11}\n"
        "ldrd r2, r3, [sp, #92]\n"
        GENC_LSTM_PAIR("0", "32") GENC_LSTM_PAIR("8", "40") GENC_LSTM_PAIR("16", "48") GENC_LSTM_PAIR("24", "56")
        "strd r2, r3, [sp, #92]\n ldr r1, [sp, #88]\n cmp r1, r2\n bne 5b\n"
        "add sp, #108\n pop {r4-r11, pc}\n");
}

#else

/* s: the sums {A, P} of four pairs; returns the end of their stream. */
static const uint32_t *genc_lstm_products(const uint32_t *w, const uint32_t *x, const uint32_t *end, int32_t *s)
{
    int32_t i;
    memcpy(s, w, 2 * GENC_LSTM_BLOCK * sizeof *s);
    for (w += 2 * GENC_LSTM_BLOCK; x != end; x++) {
        for (i = 0; i < GENC_LSTM_BLOCK; i++, w++) {
            s[2 * i] = genc_dual_mac(genc_even_bytes(*w), *x, s[2 * i]);
            s[2 * i + 1] = genc_dual_mac(*w, *x, s[2 * i + 1]);
        }
    }
    return w;
}

/* `sum` is shifted by BEFORE already. */
static int32_t genc_lstm_scale(int32_t sum, const int32_t *f)
{
    const int32_t ties = f[GENC_LSTM_TIES] & (sum >> 31);
    return (genc_high_multiply(sum >> 1, f[GENC_LSTM_MULTIPLIER]) + f[GENC_LSTM_HALF] + ties) >> f[GENC_LSTM_RIGHT];
}

static void genc_lstm_pair(const int32_t *s, const int32_t *f, int32_t *v)
{
    const int32_t b = (int32_t)((uint32_t)s[1] - (uint32_t)s[0]) >> f[GENC_LSTM_BEFORE_B];
    v[0] += genc_lstm_scale((int32_t)((uint32_t)s[0] << f[GENC_LSTM_BEFORE]), f);
    v[1] += genc_lstm_scale(b, f);
    v[0] = genc_clamp(v[0], INT16_MIN, INT16_MAX);
    v[1] = genc_clamp(v[1], INT16_MIN, INT16_MAX);
}

static void genc_lstm_gates(const genc_lstm_sums *sums)
{
    const uint32_t *w = sums->stream;
    const int32_t *f = sums->factors;
    const uint32_t *gate_end = sums->gate_end;
    uint32_t *values = sums->values;
    int32_t s[4 * GENC_LSTM_BLOCK], i;
    while (values != sums->end) {
        w = genc_lstm_products(w, sums->x, sums->x_end, s);
        w = genc_lstm_products(w, sums->x_end, sums->h_end, s + 2 * GENC_LSTM_BLOCK);
        for (i = 0; i < 2 * GENC_LSTM_BLOCK; i += 2) {
            int32_t v[2] = {0, 0};
            genc_lstm_pair(s + i, f, v);
            genc_lstm_pair(s + 2 * GENC_LSTM_BLOCK + i, f + GENC_LSTM_FACTOR, v);
            *values++ = genc_lanes(v[0], v[1]);
            if (values == gate_end) {
                gate_end += sums->gate_bytes / 4;
                f += 2 * GENC_LSTM_FACTOR;
            }
        }
    }
}

#endif

/* Bytes to lanes by groups of four, filled up with zeros; returns their end. */
static uint32_t *genc_lstm_expand(const int8_t *x, int32_t count, uint32_t *to)
{
    const int8_t *const end = x + (count & ~3);
    uint32_t v = 0;
    for (; x != end; x += 4, to += 2) {
        v = genc_load4(x);
        to[0] = genc_even_bytes(v);
        to[1] = genc_odd_bytes(v);
    }
    if ((count & 3) == 0) return to;
    v = 0;
    memcpy(&v, x, (size_t)(count & 3));
    to[0] = genc_even_bytes(v);
    to[1] = genc_odd_bytes(v);
    return to + 2;
}

/* round(v / 2^shift), ties away from zero. */
static inline int32_t genc_lstm_round(int32_t v, int32_t half, int32_t shift)
{
    return (v + (v >> 31) + half) >> shift;
}

/* c = f c + i g of two cells. */
static inline uint32_t genc_lstm_cells(uint32_t f, uint32_t in, uint32_t g, uint32_t c, int32_t half, int32_t shift)
{
    const int32_t a = genc_lstm_round(genc_low(f) * genc_low(c), 1 << 14, 15);
    const int32_t b = genc_lstm_round(genc_high(f) * genc_high(c), 1 << 14, 15);
    const int32_t a_new = genc_lstm_round(genc_low(in) * genc_low(g), half, shift);
    const int32_t b_new = genc_lstm_round(genc_high(in) * genc_high(g), half, shift);
    return genc_low_lanes((uint32_t)genc_saturate16(a + a_new), (uint32_t)genc_saturate16(b + b_new));
}

/* All cells, which replace the forget gates, too; the entry may be missing: i = 1 - f. */
static GENC_NOINLINE void genc_lstm_update(const genc_lstm_s8_dsp_params *p, uint32_t *forget, const uint32_t *entry,
                                           const uint32_t *update, int16_t *c)
{
    const int32_t shift = p->cell_shift, half = (int32_t)((uint32_t)1 << shift >> 1), clip = p->cell_clip;
    int32_t left;
    for (left = p->cells; left > 0; left -= 2, c += 2) {
        const uint32_t f = *forget, in = entry != NULL ? *entry++ : f ^ 0x7FFF7FFFu;
        uint32_t v = (uint16_t)c[0];
        if (left > 1) v = genc_load4(c);
        v = genc_lstm_cells(f, in, *update++, v, half, shift);
        if (clip <= INT16_MAX) {
            v = genc_lanes(genc_clamp(genc_low(v), -clip, clip), genc_clamp(genc_high(v), -clip, clip));
        }
        *forget++ = v;
        if (left > 1) {
            memcpy(c, &v, 4);
        } else {
            c[0] = (int16_t)genc_low(v);
        }
    }
}

/* h = o tanh(c), int8. */
static GENC_NOINLINE void genc_lstm_hidden(const genc_lstm_s8_dsp_params *p, const uint32_t *output,
                                           const uint32_t *squashed, int8_t *h)
{
    const int32_t multiplier = p->hidden_multiplier, right = p->hidden_right, zero = p->hidden_zero;
    const int32_t half = (int32_t)((uint32_t)1 << right >> 1), ties = right > 0 ? -1 : 0;
    int32_t left;
    for (left = p->cells; left > 0; left -= 2, h += 2) {
        const uint32_t o = *output++, t = *squashed++;
        int32_t v = 2 * (genc_low(o) * genc_low(t));
        h[0] = (int8_t)genc_saturate8((genc_high_mac_round(v, multiplier, half + (ties & v >> 31)) >> right) + zero);
        if (left == 1) return;
        v = 2 * (genc_high(o) * genc_high(t));
        h[1] = (int8_t)genc_saturate8((genc_high_mac_round(v, multiplier, half + (ties & v >> 31)) >> right) + zero);
    }
}

/* One step of one batch. */
static void genc_lstm_step(const genc_lstm_s8_dsp_params *p, const int8_t *x, int8_t *h, int16_t *c, uint32_t *scratch)
{
    const int32_t pairs = (p->cells + 1) / 2, all = (p->gates * pairs + GENC_LSTM_BLOCK - 1) & -GENC_LSTM_BLOCK;
    uint32_t *const forget = scratch, *const update = forget + pairs, *const output = update + pairs;
    uint32_t *const entry = p->gates == 4 ? output + pairs : NULL, *const lanes = scratch + all;
    genc_lstm_sums sums;
    sums.stream = p->stream;
    sums.x = lanes;
    sums.x_end = genc_lstm_expand(x, p->depth, lanes);
    sums.h_end = genc_lstm_expand(h, p->cells, lanes + (sums.x_end - lanes));
    sums.gate_bytes = 4 * pairs;
    sums.gate_end = update;
    sums.end = lanes;
    sums.values = scratch;
    sums.factors = p->factors;
    genc_lstm_gates(&sums);

    genc_logistic_lanes(p->gate_table, forget, update);
    genc_tanh_lanes(p->gate_table, update, output, 1);
    genc_logistic_lanes(p->gate_table, output, output + (p->gates - 2) * pairs);
    genc_lstm_update(p, forget, entry, update, c);
    genc_tanh_lanes(p->gate_table, forget, update, p->tanh_doublings);
    genc_lstm_hidden(p, output, forget, h);
}

void genc_lstm_s8_dsp(const genc_lstm_s8_dsp_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
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
        genc_lstm_step(p, genc_row(x, row, p->x_held, p->depth), h, cell_next + batch * p->cells, (uint32_t *)scratch);
        memcpy(genc_row_out(y, row, p->y_held, p->cells), h, (size_t)p->cells);
    }
}
