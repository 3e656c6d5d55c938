#include "genc_plane_wide_s8.h"

/** The next line of a plane, `bytes` on. */
static inline const int16_t *genc_plane_line(const int16_t *x, int32_t bytes)
{
    return (const int16_t *)(const void *)((const int8_t *)x + bytes);
}

/** One output. */
static void genc_plane_one(const genc_plane *q, const int16_t *x, const uint32_t *w, int32_t lines, int32_t words,
                           int8_t *y)
{
    int32_t sum = q->bias, line, i;
    for (line = 0; line < lines; line++, x = genc_plane_line(x, q->x_line)) {
        for (i = 0; i < words; i++) sum = genc_dual_mac(genc_load4(x + 2 * i), *w++, sum);
    }
    *y = genc_dsp_output(sum >> 1, q->multiplier, q->add, q->shift);
}

static void genc_plane_ones(const genc_plane *plane, const uint32_t *weights, int32_t lines, int32_t words,
                            int32_t stride)
{
    const int16_t *x = plane->x;
    int8_t *y = plane->y;
    int32_t row, i;
    for (row = 0; row < plane->rows; row++, x = genc_plane_line(x, plane->x_row), y += plane->y_row) {
        for (i = 0; i < plane->count; i++) {
            genc_plane_one(plane, x + i * stride, weights, lines, words, y + i * plane->y_step);
        }
    }
}

#if GENC_DSP

#define GENC_WIDE_GROUP 4 /* outputs computed together */

/* r0 x, r1 weights, r2, r3 and r12 words of them, r4-r7 sums of four outputs, r8-r11 taps, lr lines left. */
#define GENC_WIDE_MAC(w, a, b, c, d)                                                                \
    "smlad r4, " a ", " w ", r4\n smlad r5, " b ", " w ", r5\n"                                     \
    "smlad r6, " c ", " w ", r6\n smlad r7, " d ", " w ", r7\n"

/* Outputs one tap apart: every other word of taps starts at an odd one. */
#define GENC_WIDE_1_FIRST "ldr r8, [r0]\n ldr r9, [r0, #2]\n ldr r10, [r0, #4]\n ldr r11, [r0, #6]\n"
#define GENC_WIDE_1_2                                                                               \
    "ldrd r2, r3, [r1], #8\n" GENC_WIDE_1_FIRST GENC_WIDE_MAC("r2", "r8", "r9", "r10", "r11")       \
    "ldr r8, [r0, #8]\n ldr r9, [r0, #10]\n" GENC_WIDE_MAC("r3", "r10", "r11", "r8", "r9")
#define GENC_WIDE_1_3                                                                               \
    "ldm r1!, {r2, r3, r12}\n" GENC_WIDE_1_FIRST GENC_WIDE_MAC("r2", "r8", "r9", "r10", "r11")      \
    "ldr r8, [r0, #8]\n ldr r9, [r0, #10]\n" GENC_WIDE_MAC("r3", "r10", "r11", "r8", "r9")          \
    "ldr r10, [r0, #12]\n ldr r11, [r0, #14]\n" GENC_WIDE_MAC("r12", "r8", "r9", "r10", "r11")
#define GENC_WIDE_1_4                                                                               \
    GENC_WIDE_1_3 "ldr r2, [r1], #4\n"                                                              \
    "ldr r8, [r0, #16]\n ldr r9, [r0, #18]\n" GENC_WIDE_MAC("r2", "r10", "r11", "r8", "r9")

/* Outputs two taps apart, which is one word. */
#define GENC_WIDE_2_FIRST "ldr r8, [r0]\n ldr r9, [r0, #4]\n ldr r10, [r0, #8]\n ldr r11, [r0, #12]\n"
#define GENC_WIDE_2_2                                                                               \
    "ldrd r2, r3, [r1], #8\n" GENC_WIDE_2_FIRST GENC_WIDE_MAC("r2", "r8", "r9", "r10", "r11")       \
    "ldr r8, [r0, #16]\n" GENC_WIDE_MAC("r3", "r9", "r10", "r11", "r8")
#define GENC_WIDE_2_3                                                                               \
    "ldm r1!, {r2, r3, r12}\n" GENC_WIDE_2_FIRST GENC_WIDE_MAC("r2", "r8", "r9", "r10", "r11")      \
    "ldr r8, [r0, #16]\n" GENC_WIDE_MAC("r3", "r9", "r10", "r11", "r8")                             \
    "ldr r9, [r0, #20]\n" GENC_WIDE_MAC("r12", "r10", "r11", "r8", "r9")
#define GENC_WIDE_2_4                                                                               \
    GENC_WIDE_2_3 "ldr r2, [r1], #4\n"                                                              \
    "ldr r10, [r0, #24]\n" GENC_WIDE_MAC("r2", "r11", "r8", "r9", "r10")

#define GENC_WIDE_ROUND(s)                                                                          \
    "add " s ", " s ", " s ", asr #31\n add " s ", r2\n asr " s ", r3\n ssat " s ", #8, " s "\n"

/* On the stack, from 0: the plane, weights, lines, outputs left of the row, its next output, the taps of that, rows
   left, first output and taps of the row.  `shift`: bytes of taps of an output, as a power of two. */
#define GENC_WIDE(line, shift)                                                                      \
    "push {r4-r11, lr}\n sub sp, #36\n"                                                             \
    "ldr r3, [r0]\n ldr r4, [r0, #20]\n ldr r5, [r0, #16]\n"                                        \
    "str r0, [sp]\n str r1, [sp, #4]\n str r2, [sp, #8]\n"                                          \
    "str r5, [sp, #24]\n str r4, [sp, #28]\n str r3, [sp, #32]\n"                                   \
    "1:\n ldr r0, [sp]\n ldr r5, [r0, #12]\n strd r5, r4, [sp, #12]\n str r3, [sp, #20]\n"          \
    "2:\n ldr r2, [sp]\n ldrd r1, lr, [sp, #4]\n ldr r0, [sp, #20]\n"                               \
    "ldr r4, [r2, #32]\n mov r5, r4\n mov r6, r4\n mov r7, r4\n"                                    \
    "3:\n" line "ldr r2, [sp]\n ldr r2, [r2, #4]\n add r0, r2\n subs lr, #1\n bne 3b\n"             \
    "ldr r12, [sp]\n ldr r1, [r12, #36]\n ldrd r2, r3, [r12, #40]\n"                                \
    "smmulr r4, r4, r1\n smmulr r5, r5, r1\n smmulr r6, r6, r1\n smmulr r7, r7, r1\n"               \
    GENC_WIDE_ROUND("r4") GENC_WIDE_ROUND("r5") GENC_WIDE_ROUND("r6") GENC_WIDE_ROUND("r7")         \
    "ldr r1, [r12, #24]\n ldrd r2, r3, [sp, #12]\n ldr r0, [sp, #20]\n"                             \
    "strb r4, [r3]\n strb r5, [r3, r1]\n strb r6, [r3, r1, lsl #1]\n add r4, r3, r1\n"              \
    "strb r7, [r4, r1, lsl #1]\n add r3, r3, r1, lsl #2\n add r0, #(4 << " shift ")\n"              \
    "subs r2, #4\n beq 5f\n cmp r2, #4\n bge 4f\n"                                                  \
    /* the last four overlap those before */                                                        \
    "rsb r4, r2, #4\n mls r3, r4, r1, r3\n sub r0, r0, r4, lsl #" shift "\n mov r2, #4\n"           \
    "4:\n strd r2, r3, [sp, #12]\n str r0, [sp, #20]\n b 2b\n"                                      \
    "5:\n ldr r2, [sp, #24]\n subs r2, #1\n beq 6f\n str r2, [sp, #24]\n"                           \
    "ldrd r4, r3, [sp, #28]\n ldr r5, [r12, #28]\n add r4, r5\n ldr r5, [r12, #8]\n add r3, r5\n"   \
    "strd r4, r3, [sp, #28]\n b 1b\n"                                                               \
    "6:\n add sp, #36\n pop {r4-r11, pc}\n"

#define GENC_WIDE_FUNCTION(name, line, shift)                                                       \
    static GENC_NAKED void name(GENC_IN_ASSEMBLY const genc_plane *plane,                           \
                                GENC_IN_ASSEMBLY const uint32_t *weights, GENC_IN_ASSEMBLY int32_t lines) \
    {                                                                                               \
        __asm__ volatile(GENC_WIDE(line, shift));                                                   \
    }

GENC_WIDE_FUNCTION(genc_plane_wide_1_2, GENC_WIDE_1_2, "1")
GENC_WIDE_FUNCTION(genc_plane_wide_1_3, GENC_WIDE_1_3, "1")
GENC_WIDE_FUNCTION(genc_plane_wide_1_4, GENC_WIDE_1_4, "1")
GENC_WIDE_FUNCTION(genc_plane_wide_2_2, GENC_WIDE_2_2, "2")
GENC_WIDE_FUNCTION(genc_plane_wide_2_3, GENC_WIDE_2_3, "2")
GENC_WIDE_FUNCTION(genc_plane_wide_2_4, GENC_WIDE_2_4, "2")

/** Rows of less than four outputs, of which four are computed. */
static void genc_plane_few(const genc_plane *plane, const uint32_t *weights, int32_t lines,
                           void (*four)(const genc_plane *, const uint32_t *, int32_t))
{
    genc_plane row = *plane;
    int8_t y[GENC_WIDE_GROUP], *to = plane->y;
    int32_t i, k;
    row.count = GENC_WIDE_GROUP;
    row.rows = 1;
    row.y = y;
    row.y_step = 1;
    for (k = 0; k < plane->rows; k++, to += plane->y_row, row.x = genc_plane_line(row.x, plane->x_row)) {
        four(&row, weights, lines);
        for (i = 0; i < plane->count; i++) to[i * plane->y_step] = y[i];
    }
}

void genc_plane_wide_s8(const genc_plane *plane, const uint32_t *weights, int32_t lines, int32_t words, int32_t stride)
{
    static void (*const functions[2][3])(const genc_plane *, const uint32_t *, int32_t) = {
        {genc_plane_wide_1_2, genc_plane_wide_1_3, genc_plane_wide_1_4},
        {genc_plane_wide_2_2, genc_plane_wide_2_3, genc_plane_wide_2_4}};
    if (words <= 4 && stride <= 2) {
        if (plane->count >= GENC_WIDE_GROUP) functions[stride - 1][words - 2](plane, weights, lines);
        else genc_plane_few(plane, weights, lines, functions[stride - 1][words - 2]);
    } else {
        genc_plane_ones(plane, weights, lines, words, stride);
    }
}

#else

void genc_plane_wide_s8(const genc_plane *plane, const uint32_t *weights, int32_t lines, int32_t words, int32_t stride)
{
    genc_plane_ones(plane, weights, lines, words, stride);
}

#endif
