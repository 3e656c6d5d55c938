#include "genc_fully_connected_s8_dsp.h"

#define GENC_FC_BLOCK 4 /* pairs of outputs that share one pass over the input */

/** An input row.  The assembly knows the places of the fields. */
typedef struct {
    const int8_t *x;    /* at any address, at least one group */
    const int8_t *end;  /* of its whole groups */
    const int8_t *last; /* one more group, or NULL */
} genc_fc_row;

/** All blocks of an output row y, at least one; returns the end of their stream. */
#if GENC_DSP

/* r0 stream, r1 x, r2 two inputs, r3 four inputs, r4-r11 sums, r12 and lr two words of weights. */
#define GENC_FC_WORDS(a, p, b, q)                                          \
    "ldrd r12, lr, [r0], #8\n"                                             \
    "smlad " p ", r12, r2, " p "\n sxtb16 r12, r12\n smlad " a ", r12, r2, " a "\n" \
    "smlad " q ", lr, r2, " q "\n sxtb16 lr, lr\n smlad " b ", lr, r2, " b "\n"
#define GENC_FC_GROUP                                                      \
    "ldr r3, [r1], #4\n sxtb16 r2, r3\n"                                   \
    GENC_FC_WORDS("r4", "r5", "r6", "r7") GENC_FC_WORDS("r8", "r9", "r10", "r11") \
    "sxtb16 r2, r3, ror #8\n"                                              \
    GENC_FC_WORDS("r4", "r5", "r6", "r7") GENC_FC_WORDS("r8", "r9", "r10", "r11")
/* r1-r3 multiplier, add and shift, lr y. */
#define GENC_FC_OUTPUT(s) "smmla " s ", " s ", r1, r2\n asr " s ", r3\n ssat " s ", #8, " s "\n strb " s ", [lr], #1\n"
#define GENC_FC_B(a, p) "sub " p ", " p ", " a "\n asr " p ", #8\n"

static GENC_NAKED const uint32_t *genc_fc_blocks(GENC_IN_ASSEMBLY const genc_fully_connected_s8_dsp_params *p,
                                                 GENC_IN_ASSEMBLY const genc_fc_row *row, GENC_IN_ASSEMBLY int8_t *y)
{
    /* p: blocked 16, scale 28, stream 32.  [sp]: x, 4 if its groups are odd, end of what is being read, last, scale,
       y 20, y_end 24, end of x 28, sums 32. */
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #68\n ldm r1, {r4-r6}\n sub r3, r5, r4\n and r3, #4\n strd r4, r3, [sp]\n"
        "strd r5, r6, [sp, #8]\n ldrd r7, r8, [r0, #28]\n strd r7, r2, [sp, #16]\n"
        "ldr r3, [r0, #16]\n add r3, r2\n strd r3, r5, [sp, #24]\n mov r0, r8\n"
        "1:\n ldm r0!, {r4-r11}\n ldrd r1, r2, [sp]\n cmp r2, #0\n bne 3f\n"
        "2:\n" GENC_FC_GROUP "3:\n" GENC_FC_GROUP
        "ldr r3, [sp, #8]\n cmp r1, r3\n bne 2b\n"
        "ldr r1, [sp, #12]\n cbz r1, 5f\n ldr r2, [sp, #28]\n cmp r3, r2\n bne 4f\n"
        "add r3, r1, #4\n str r3, [sp, #8]\n b 3b\n"
        "4:\n str r2, [sp, #8]\n"
        "5:\n" GENC_FC_B("r4", "r5") GENC_FC_B("r6", "r7") GENC_FC_B("r8", "r9") GENC_FC_B("r10", "r11")
        "ldrd r3, lr, [sp, #16]\n cbnz r3, 7f\n"
        "add r12, sp, #32\n stm r12, {r4-r11}\n add r5, sp, #64\n ldr r6, [sp, #24]\n"
        "6:\n ldr r4, [r12], #4\n ldm r0!, {r1-r3}\n" GENC_FC_OUTPUT("r4")
        "cmp r6, lr\n beq 8f\n cmp r5, r12\n bne 6b\n str lr, [sp, #20]\n b 1b\n"
        "7:\n ldm r3, {r1-r3}\n ldr r12, [sp, #24]\n"
        GENC_FC_OUTPUT("r4") GENC_FC_OUTPUT("r5") GENC_FC_OUTPUT("r6") GENC_FC_OUTPUT("r7")
        GENC_FC_OUTPUT("r8") GENC_FC_OUTPUT("r9") GENC_FC_OUTPUT("r10")
        "sub r12, lr\n cmp r12, #1\n blo 8f\n" GENC_FC_OUTPUT("r11") "str lr, [sp, #20]\n bhi 1b\n"
        "8:\n add sp, #68\n pop {r4-r11, pc}\n");
}

#else

static const uint32_t *genc_fc_group(const uint32_t *w, const int8_t *x, int32_t *s)
{
    int32_t half, i;
    for (half = 0; half < 2; half++) {
        const uint32_t v = half ? genc_odd_bytes(genc_load4(x)) : genc_even_bytes(genc_load4(x));
        for (i = 0; i < GENC_FC_BLOCK; i++, w++) {
            s[2 * i] = genc_dual_mac(genc_even_bytes(*w), v, s[2 * i]);
            s[2 * i + 1] = genc_dual_mac(*w, v, s[2 * i + 1]);
        }
    }
    return w;
}

static const uint32_t *genc_fc_blocks(const genc_fully_connected_s8_dsp_params *p, const genc_fc_row *row, int8_t *y)
{
    const int8_t *const y_end = y + p->blocked;
    const uint32_t *w = p->stream;
    do {
        const int8_t *x;
        int32_t s[2 * GENC_FC_BLOCK], scale[3], i;
        memcpy(s, w, sizeof s);
        w += 2 * GENC_FC_BLOCK;
        for (x = row->x; x != row->end; x += 4) w = genc_fc_group(w, x, s);
        if (row->last != NULL) w = genc_fc_group(w, row->last, s);
        for (i = 0; i < 2 * GENC_FC_BLOCK && y != y_end; i++) {
            const int32_t sum = i & 1 ? (int32_t)((uint32_t)s[i] - (uint32_t)s[i - 1]) >> 8 : s[i];
            memcpy(scale, p->scale != NULL ? (const void *)p->scale : w, sizeof scale);
            w += p->scale != NULL ? 0 : 3;
            *y++ = (int8_t)genc_saturate8(genc_high_mac(sum, scale[0], scale[1]) >> scale[2]);
        }
    } while (y != y_end);
    return w;
}

#endif

/** Adds the groups from x to `end` to s, {A, P}; returns the end of their weights. */
static inline const uint32_t *genc_fc_pair(const uint32_t *w, const int8_t *x, const int8_t *end, int32_t *s)
{
    int32_t a = s[0], p = s[1];
    for (; x != end; x += 4, w += 2) {
        const uint32_t v = genc_load4(x), even = genc_even_bytes(v), odd = genc_odd_bytes(v);
        p = genc_dual_mac(w[1], odd, genc_dual_mac(w[0], even, p));
        a = genc_dual_mac(genc_even_bytes(w[1]), odd, genc_dual_mac(genc_even_bytes(w[0]), even, a));
    }
    s[0] = a;
    s[1] = p;
    return w;
}

/** What follows the blocks, one or two outputs at a time; w is its stream. */
static GENC_NOINLINE void genc_fc_pairs(const genc_fully_connected_s8_dsp_params *p, const genc_fc_row *row, int8_t *y,
                                        const uint32_t *w)
{
    int32_t left = p->outputs - p->blocked;
    for (y += p->blocked; left > 0; left -= 2, y += 2) {
        const uint32_t *scale = (const uint32_t *)p->scale;
        int32_t s[2];
        s[0] = (int32_t)w[0];
        s[1] = (int32_t)w[1];
        w = genc_fc_pair(w + 2, row->x, row->end, s);
        if (row->last != NULL) w = genc_fc_pair(w, row->last, row->last + 4, s);
        if (scale == NULL) {
            scale = w;
            w += left > 1 ? 6 : 3;
        }
        y[0] = (int8_t)genc_saturate8(genc_high_mac(s[0], (int32_t)scale[0], (int32_t)scale[1]) >> scale[2]);
        if (left > 1) {
            const int32_t b = (int32_t)((uint32_t)s[1] - (uint32_t)s[0]) >> 8;
            if (p->scale == NULL) scale += 3;
            y[1] = (int8_t)genc_saturate8(genc_high_mac(b, (int32_t)scale[0], (int32_t)scale[1]) >> scale[2]);
        }
    }
}

/** The inputs of the last group: `count` bytes, filled up to `last`. */
static inline void genc_fc_last(genc_fc_row *row, int32_t count, int8_t *last)
{
    const int8_t *const from = row->end;
    memset(last, 0, 4);
    last[0] = from[0];
    if (count > 1) last[1] = from[1];
    if (count > 2) last[2] = from[2];
    if (from != row->x) {
        row->last = last;
    } else {
        row->x = last;
        row->end = last + 4;
    }
}

void genc_fully_connected_s8_dsp(const genc_fully_connected_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    for (; row_begin < row_end; row_begin++) {
        int8_t *const y = genc_row_out(out, row_begin, p->out_rows_held, p->outputs);
        const uint32_t *w = p->stream;
        int8_t last[4];
        genc_fc_row row;
        row.x = genc_row(in, row_begin, p->in_rows_held, p->depth);
        row.end = row.x + (p->depth & ~3);
        row.last = NULL;
        if (p->depth & 3) genc_fc_last(&row, p->depth & 3, last);
        if (p->blocked != 0) w = genc_fc_blocks(p, &row, y);
        if (p->blocked != p->outputs) genc_fc_pairs(p, &row, y, w);
        if (p->high - p->low < 255) genc_dsp_clamp(y, p->outputs, p->low, p->high);
    }
}
