#include "genc_fully_connected_s8_dsp.h"

#define GENC_FC_BLOCK 4 /* pairs of outputs that share one pass over the input */

/**
 * Adds the products of four pairs.
 * @param w    [group][2][4]
 * @param x    int8, at any address
 * @param end  of x, a multiple of four bytes behind it, at least four
 * @param s    [4] {A, P}
 * @return     end of the weights
 */
#if GENC_DSP

/* r0 weights, r1 x, r2 two inputs, r3 four inputs, r4-r11 sums, r12 and lr two words of weights. */
#define GENC_FC_WORDS(a, p, b, q)                                          \
    "ldrd r12, lr, [r0], #8\n"                                             \
    "smlad " p ", r12, r2, " p "\n sxtb16 r12, r12\n smlad " a ", r12, r2, " a "\n" \
    "smlad " q ", lr, r2, " q "\n sxtb16 lr, lr\n smlad " b ", lr, r2, " b "\n"
#define GENC_FC_GROUP                                                      \
    "ldr r3, [r1], #4\n sxtb16 r2, r3\n"                                   \
    GENC_FC_WORDS("r4", "r5", "r6", "r7") GENC_FC_WORDS("r8", "r9", "r10", "r11") \
    "sxtb16 r2, r3, ror #8\n"                                              \
    GENC_FC_WORDS("r4", "r5", "r6", "r7") GENC_FC_WORDS("r8", "r9", "r10", "r11")

static GENC_NAKED const uint32_t *genc_fc_block(GENC_IN_ASSEMBLY const uint32_t *w, GENC_IN_ASSEMBLY const int8_t *x,
                                                GENC_IN_ASSEMBLY const int8_t *end, GENC_IN_ASSEMBLY int32_t *s)
{
    __asm__ volatile(
        "push {r2, r3, r4-r11, lr}\n"
        "ldm r3, {r4-r11}\n"
        "sub r2, r1\n tst r2, #4\n bne 2f\n"
        "1:\n" GENC_FC_GROUP "2:\n" GENC_FC_GROUP
        "ldr r3, [sp]\n cmp r1, r3\n bne 1b\n"
        "pop {r2, r3}\n stm r3, {r4-r11}\n pop {r4-r11, pc}\n");
}

#else

static const uint32_t *genc_fc_block(const uint32_t *w, const int8_t *x, const int8_t *end, int32_t *s)
{
    int32_t half, i;
    for (; x != end; x += 4) {
        for (half = 0; half < 2; half++) {
            const uint32_t v = half ? genc_odd_bytes(genc_load4(x)) : genc_even_bytes(genc_load4(x));
            for (i = 0; i < GENC_FC_BLOCK; i++, w++) {
                s[2 * i] = genc_dual_mac(genc_even_bytes(*w), v, s[2 * i]);
                s[2 * i + 1] = genc_dual_mac(*w, v, s[2 * i + 1]);
            }
        }
    }
    return w;
}

#endif

/** The same for one pair: w is [group][2], s is {A, P}. */
static const uint32_t *genc_fc_pair(const uint32_t *w, const int8_t *x, const int8_t *end, int32_t *s)
{
    int32_t a = s[0], b = s[1];
    for (; x != end; x += 4, w += 2) {
        const uint32_t v = genc_load4(x), even = genc_even_bytes(v), odd = genc_odd_bytes(v);
        b = genc_dual_mac(w[0], even, b);
        a = genc_dual_mac(genc_even_bytes(w[0]), even, a);
        b = genc_dual_mac(w[1], odd, b);
        a = genc_dual_mac(genc_even_bytes(w[1]), odd, a);
    }
    s[0] = a;
    s[1] = b;
    return w;
}

/** Sums {A, P} of pairs to `count` bytes from y on; `scale` is that of the first one. */
static void genc_fc_store(const genc_fully_connected_s8_dsp_params *p, int32_t *s, int32_t count, const int32_t *scale,
                          int8_t *y)
{
    const int32_t step = p->scale_step;
    int32_t multiplier = scale[0], add = scale[1], shift = scale[2], i;
    for (i = 1; i < count; i += 2) s[i] = (int32_t)((uint32_t)s[i] - (uint32_t)s[i - 1]) >> 8;
    for (i = 0; i < count; i++) {
        y[i] = (int8_t)genc_saturate8(genc_high_mac(s[i], multiplier, add) >> shift);
        if (step != 0 && i + 1 < count) {
            scale += step;
            multiplier = scale[0];
            add = scale[1];
            shift = scale[2];
        }
    }
}

/** One row: x its first depth / 4 groups, and the rest of it, filled up to four bytes. */
static void genc_fc_row(const genc_fully_connected_s8_dsp_params *p, const int8_t *x, const int8_t *last, int8_t *y)
{
    const int8_t *const end = x + (p->depth & ~3);
    const int32_t more = p->depth & 3, outputs = p->outputs, step = p->scale_step;
    const uint32_t *w = p->weights;
    const int32_t *bias = p->bias;
    int32_t s[2 * GENC_FC_BLOCK], o = 0;
    for (; o + 2 * GENC_FC_BLOCK - 1 <= outputs; o += 2 * GENC_FC_BLOCK, bias += 2 * GENC_FC_BLOCK) {
        const int32_t left = outputs - o, count = left < 2 * GENC_FC_BLOCK ? left : 2 * GENC_FC_BLOCK;
        memcpy(s, bias, sizeof s);
        if (end != x) w = genc_fc_block(w, x, end, s);
        if (more) w = genc_fc_block(w, last, last + 4, s);
        genc_fc_store(p, s, count, p->scales + o * step, y + o);
    }
    for (; o < outputs; o += 2, bias += 2) {
        s[0] = bias[0];
        s[1] = bias[1];
        w = genc_fc_pair(w, x, end, s);
        if (more) w = genc_fc_pair(w, last, last + 4, s);
        genc_fc_store(p, s, outputs - o < 2 ? 1 : 2, p->scales + o * step, y + o);
    }
}

void genc_fully_connected_s8_dsp(const genc_fully_connected_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    int32_t row, i;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *const x = genc_row(in, row, p->in_rows_held, p->depth);
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->outputs);
        int8_t last[4] = {0, 0, 0, 0};
        for (i = p->depth & ~3; i < p->depth; i++) last[i & 3] = x[i];
        genc_fc_row(p, x, last, y);
        if (p->low > -128 || p->high < 127) genc_dsp_clamp(y, p->outputs, p->low, p->high);
    }
}
