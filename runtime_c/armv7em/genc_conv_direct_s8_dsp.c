#include "genc_conv_direct_s8_dsp.h"

#include "genc_window.h"

/** Two neighbouring pixels and what they are multiplied by.  The assembly knows the places of the fields. */
typedef struct {
    const int8_t *const *lines; /* kernel rows of the first pixel, at any address */
    const int8_t *const *lines_end;
    int32_t bytes;              /* of a line, a multiple of four */
    int32_t step;               /* bytes from the lines of the first pixel to those of the second */
    const uint32_t *weights;
    const int32_t *pairs;
    const int32_t *pairs_end;
    int8_t *y;                  /* first channel of the first pixel */
    int32_t y_step;             /* bytes from the first pixel to the second */
    int32_t odd;                /* 2 * zero point + 1, see genc_tile_s8.h */
} genc_direct;

#if GENC_DSP

/* r0 a line of the first pixel, r1 step, r2 weights, r3 a word of them, r12 and lr words of the pixels; r4 and r5 sums
   A and r6 and r7 sums P of the first pair, r8-r11 those of the second. */
#define GENC_DIRECT_PAIR(a, a2, s, s2)                                                              \
    "ldr r3, [r2], #4\n smlad " s ", r3, r12, " s "\n smlad " s2 ", r3, lr, " s2 "\n sxtb16 r3, r3\n" \
    "smlad " a ", r3, r12, " a "\n smlad " a2 ", r3, lr, " a2 "\n"
#define GENC_DIRECT_PAIRS GENC_DIRECT_PAIR("r4", "r5", "r6", "r7") GENC_DIRECT_PAIR("r8", "r9", "r10", "r11")
#define GENC_DIRECT_FOUR                                                                            \
    "ldr lr, [r0, r1]\n ldr r12, [r0]\n sxtb16 lr, lr\n sxtb16 r12, r12\n" GENC_DIRECT_PAIRS         \
    "ldr lr, [r0, r1]\n ldr r12, [r0], #4\n sxtb16 lr, lr, ror #8\n sxtb16 r12, r12, ror #8\n" GENC_DIRECT_PAIRS

/* r0 pairs, r1 y_step, r2 y, lr shift less 1: two pixels of a channel, twice their sums.  The sign rounds ties away
   from zero, which below a clamp at the zero point nobody sees. */
#define GENC_DIRECT_SIGN(s) "add " s ", " s ", " s ", asr #31\n"
#define GENC_DIRECT_NO_SIGN(s)
#define GENC_DIRECT_OUTPUT(sign, s, s2)                                                             \
    "ldrd r3, lr, [r0], #8\n smmulr " s ", " s ", r3\n smmulr " s2 ", " s2 ", r3\n"                 \
    "lsl r3, r12, lr\n" sign(s) sign(s2)                                                            \
    "add " s ", r3\n add " s2 ", r3\n asr " s ", lr\n asr " s2 ", lr\n"                             \
    "ssat " s ", #8, " s ", asr #1\n ssat " s2 ", #8, " s2 ", asr #1\n strb " s2 ", [r2, r1]\n strb " s ", [r2], #1\n"

/* On the stack: the two pixels, the next line, the end of this one, the pairs, y. */
#define GENC_DIRECT_BODY(sign)                                                                      \
    "push {r4-r11, lr}\n sub sp, #20\n"                                                             \
    "ldr r2, [r0, #16]\n ldr r3, [r0, #20]\n ldr r1, [r0, #28]\n str r0, [sp]\n str r1, [sp, #16]\n" \
    "1:\n str r3, [sp, #12]\n ldr r12, [sp]\n ldr r0, [r12]\n ldr r1, [r12, #12]\n str r0, [sp, #4]\n" \
    "ldrd r4, r6, [r3]\n ldrd r8, r10, [r3, #24]\n add r6, r4, r6, lsl #8\n add r10, r8, r10, lsl #8\n" \
    "mov r5, r4\n mov r7, r6\n mov r9, r8\n mov r11, r10\n"                                          \
    "2:\n ldr r3, [sp, #4]\n ldr r12, [sp]\n ldr r0, [r3], #4\n ldr r12, [r12, #8]\n str r3, [sp, #4]\n" \
    "add r3, r0, r12\n str r3, [sp, #8]\n tst r12, #4\n bne 4f\n"                                   \
    "3:\n" GENC_DIRECT_FOUR "4:\n" GENC_DIRECT_FOUR "ldr r3, [sp, #8]\n cmp r0, r3\n bne 3b\n"     \
    "ldr r12, [sp]\n ldr r3, [sp, #4]\n ldr lr, [r12, #4]\n cmp r3, lr\n bne 2b\n"                 \
    "sub r6, r4\n sub r7, r5\n sub r10, r8\n sub r11, r9\n lsl r4, #1\n lsl r5, #1\n lsl r8, #1\n lsl r9, #1\n" \
    "asr r6, #7\n asr r7, #7\n asr r10, #7\n asr r11, #7\n"                                          \
    "str r2, [sp, #4]\n ldrd r1, r12, [r12, #32]\n ldrd r0, r2, [sp, #12]\n add r0, #8\n"           \
    GENC_DIRECT_OUTPUT(sign, "r4", "r5") GENC_DIRECT_OUTPUT(sign, "r6", "r7") "add r0, #8\n"        \
    GENC_DIRECT_OUTPUT(sign, "r8", "r9") GENC_DIRECT_OUTPUT(sign, "r10", "r11")                     \
    "ldr r12, [sp]\n str r2, [sp, #16]\n mov r3, r0\n ldr r2, [sp, #4]\n ldr r12, [r12, #24]\n cmp r3, r12\n bne 1b\n" \
    "add sp, #20\n pop {r4-r11, pc}\n"

static GENC_NAKED void genc_direct_s8(GENC_IN_ASSEMBLY const genc_direct *direct)
{
    __asm__ volatile(GENC_DIRECT_BODY(GENC_DIRECT_SIGN));
}

/** The same for outputs that are going to be clamped at the zero point or above. */
static GENC_NAKED void genc_direct_relu_s8(GENC_IN_ASSEMBLY const genc_direct *direct)
{
    __asm__ volatile(GENC_DIRECT_BODY(GENC_DIRECT_NO_SIGN));
}

#else

/** One pixel of a pair. */
static void genc_direct_pair(const genc_direct *q, const int32_t *pair, const uint32_t *w, int32_t step, int8_t *y)
{
    const int32_t shift_a = pair[GENC_PAIR_SHIFT_A] + 1, shift_b = (pair[GENC_PAIR_SHIFT_B] & 255) + 1;
    int32_t a = pair[GENC_PAIR_BIAS_A], i;
    int32_t both = (int32_t)((uint32_t)a + ((uint32_t)pair[GENC_PAIR_BIAS_B] << 8));
    const int8_t *const *line;
    for (line = q->lines; line != q->lines_end; line++) {
        for (i = 0; i < q->bytes; i += 4, w += 4) {
            const uint32_t v = genc_load4(*line + step + i), even = genc_even_bytes(v), odd = genc_odd_bytes(v);
            both = genc_dual_mac(w[2], odd, genc_dual_mac(w[0], even, both));
            a = genc_dual_mac(genc_even_bytes(w[2]), odd, genc_dual_mac(genc_even_bytes(w[0]), even, a));
        }
    }
    y[0] = genc_dsp_output(a, pair[GENC_PAIR_MULTIPLIER_A], q->odd * (1 << shift_a) >> 1, shift_a);
    y[1] = genc_dsp_output((int32_t)((uint32_t)both - (uint32_t)a) >> 8, pair[GENC_PAIR_MULTIPLIER_B],
                           q->odd * (1 << shift_b) >> 1, shift_b);
}

static void genc_direct_s8(const genc_direct *direct)
{
    const ptrdiff_t words = (direct->lines_end - direct->lines) * direct->bytes / 2;
    const ptrdiff_t pairs = (direct->pairs_end - direct->pairs) / GENC_PAIR_SIZE;
    ptrdiff_t i;
    for (i = 0; i < pairs; i++) {
        const int32_t *const pair = direct->pairs + i * GENC_PAIR_SIZE;
        const uint32_t *const w = direct->weights + (i >> 1) * (2 * words) + (i & 1);
        genc_direct_pair(direct, pair, w, 0, direct->y + 2 * i);
        genc_direct_pair(direct, pair, w, direct->step, direct->y + direct->y_step + 2 * i);
    }
}

static void genc_direct_relu_s8(const genc_direct *direct)
{
    genc_direct_s8(direct);
}

#endif

int32_t genc_conv_direct_rows(const genc_conv_direct_s8_dsp_params *p, const int8_t *in, int32_t row,
                              const int8_t **rows)
{
    const int32_t image = row / p->out_h;
    int32_t y = (row - image * p->out_h) * p->stride_h - p->pad_top, whole = 1, k;
    for (k = 0; k < p->kernel_h; k++, y += p->dilation_h) {
        const int32_t inside = y >= 0 && y < p->in_h;
        rows[k] = inside ? genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c) : NULL;
        whole &= inside;
    }
    return whole;
}

/** What `count` pixels see, padding too, one behind the other. */
static GENC_NOINLINE void genc_direct_gather(const genc_conv_direct_s8_dsp_params *p, const int8_t *const *rows,
                                             int32_t left, int32_t count, int8_t *to)
{
    int32_t k;
    for (; count > 0; count--, left += p->stride_w) {
        for (k = 0; k < p->kernel_h; k++) {
            to = genc_window_row(rows[k], p->in_w, p->in_c, left, p->kernel_w, p->pad_value, to);
        }
    }
}

void genc_conv_direct_s8_dsp(const genc_conv_direct_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                             int32_t row_begin, int32_t row_end)
{
    const int8_t *rows[GENC_DIRECT_LINES], *lines[GENC_DIRECT_LINES];
    const int32_t bytes = p->kernel_w * p->in_c;
    genc_direct two = {lines, lines + p->kernel_h, bytes, 0, p->weights, p->pairs,
                       p->pairs + p->pair_count * GENC_PAIR_SIZE, out, 0, 2 * p->zero_point + 1};
    int32_t row, x, k;
    for (row = row_begin; row < row_end; row++) {
        const int32_t whole = genc_conv_direct_rows(p, in, row, rows);
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        for (x = 0; x < p->out_w; x += 2) {
            /* Of an odd number of pixels, the last one is computed twice. */
            const int32_t count = x + 1 < p->out_w ? 2 : 1, left = x * p->stride_w - p->pad_left;
            const int32_t right = left + (count - 1) * p->stride_w + p->kernel_w;
            two.y = y + x * p->out_c;
            two.y_step = (count - 1) * p->out_c;
            if (whole && left >= 0 && right <= p->in_w) {
                for (k = 0; k < p->kernel_h; k++) lines[k] = rows[k] + left * p->in_c;
                two.step = (count - 1) * p->stride_w * p->in_c;
            } else {
                genc_direct_gather(p, rows, left, count, (int8_t *)scratch);
                for (k = 0; k < p->kernel_h; k++) lines[k] = (const int8_t *)scratch + k * bytes;
                two.step = (count - 1) * p->kernel_h * bytes;
            }
            if (p->low >= p->zero_point) genc_direct_relu_s8(&two);
            else genc_direct_s8(&two);
        }
        if (p->low > -128 || p->high < 127) genc_dsp_clamp(y, p->out_w * p->out_c, p->low, p->high);
    }
}
