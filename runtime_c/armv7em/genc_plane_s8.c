#include "genc_plane_s8.h"

void genc_plane_take_few(const genc_pixels *pixels, const int8_t *x, int16_t *to, int32_t lines, int32_t channels)
{
    int32_t line, i, k;
    for (line = 0; line < lines; line++, x += pixels->x_skip, to += pixels->to_skip / 2) {
        for (i = 0; i < pixels->count; i++, x += pixels->step, to++) {
            for (k = 0; k < GENC_PLANES; k++) to[k * (pixels->plane_bytes / 2)] = k < channels ? x[k] : 0;
        }
    }
}

#if GENC_DSP

/* r0 a pixel, r1 its place, r3 bytes to the next pixel, r4 and r5 one and three planes, r6-r11 at work. */
#define GENC_TAKE_ONE                                                                                       \
    "ldr r6, [r0]\n add r0, r3\n sxtb16 r7, r6\n sxtb16 r8, r6, ror #8\n strh r7, [r1]\n strh r8, [r1, r4]\n" \
    "lsr r7, #16\n lsr r8, #16\n strh r7, [r1, r4, lsl #1]\n strh r8, [r1, r5]\n add r1, #2\n"
#define GENC_TAKE_TWO                                                                                       \
    "ldr r6, [r0]\n ldr r7, [r0, r3]\n add r0, r0, r3, lsl #1\n"                                            \
    "sxtb16 r8, r6\n sxtb16 r6, r6, ror #8\n sxtb16 r9, r7\n sxtb16 r7, r7, ror #8\n"                      \
    "pkhbt r10, r8, r9, lsl #16\n pkhtb r8, r9, r8, asr #16\n"                                             \
    "pkhbt r11, r6, r7, lsl #16\n pkhtb r6, r7, r6, asr #16\n"                                             \
    "str r10, [r1]\n str r11, [r1, r4]\n str r8, [r1, r4, lsl #1]\n str r6, [r1, r5]\n add r1, #4\n"

GENC_NAKED void genc_plane_take(GENC_IN_ASSEMBLY const genc_pixels *pixels, GENC_IN_ASSEMBLY const int8_t *x,
                                GENC_IN_ASSEMBLY int16_t *to, GENC_IN_ASSEMBLY int32_t lines)
{
    /* r2 pixels left, r12 their description, lr lines left.  At 6: an even number of pixels to whole words. */
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "mov r12, r0\n mov r0, r1\n mov r1, r2\n mov lr, r3\n"
        "ldrd r2, r3, [r12]\n ldr r4, [r12, #8]\n add r5, r4, r4, lsl #1\n"
        "orr r6, r2, r1, lsr #1\n tst r6, #1\n beq 6f\n"
        "1:\n tst r1, #2\n beq 2f\n" GENC_TAKE_ONE "sub r2, #1\n"
        "2:\n subs r2, #2\n blt 4f\n"
        "3:\n" GENC_TAKE_TWO "subs r2, #2\n bge 3b\n"
        "4:\n adds r2, #2\n beq 5f\n" GENC_TAKE_ONE
        "5:\n ldrd r6, r7, [r12, #12]\n add r0, r6\n add r1, r7\n ldr r2, [r12]\n subs lr, #1\n bne 1b\n"
        "pop {r4-r11, pc}\n"
        "6:\n" GENC_TAKE_TWO "subs r2, #2\n bne 6b\n"
        "ldrd r6, r7, [r12, #12]\n add r0, r6\n add r1, r7\n ldr r2, [r12]\n subs lr, #1\n bne 6b\n"
        "pop {r4-r11, pc}\n");
}

/* r0 x, r1 bytes of a line, r2 y, r3 the plane, r4-r9 weights, r10 and r11 sums of two outputs, r12 and lr taps.  The
   first line begins both sums at the bias in r10. */
#define GENC_ROW_STRIDE_1(wa, wb, sum)                                                                      \
    "smlatb r11, r12, " wa ", " sum "\n smlad r10, r12, " wa ", r10\n"                                      \
    "smlabt r10, lr, " wb ", r10\n smlad r11, lr, " wb ", r11\n"

#define GENC_PAIR_STRIDE_1                                                                                  \
    "ldrd r12, lr, [r0]\n add r0, r1\n" GENC_ROW_STRIDE_1("r4", "r5", "r10")                                \
    "ldrd r12, lr, [r0]\n add r0, r1\n" GENC_ROW_STRIDE_1("r6", "r7", "r11")                                \
    "ldrd r12, lr, [r0], #4\n sub r0, r0, r1, lsl #1\n" GENC_ROW_STRIDE_1("r8", "r9", "r11")

#define GENC_ROW_STRIDE_2(wa, wb, sum)                                                                      \
    "smlad r11, lr, " wa ", " sum "\n smlad r10, r12, " wa ", r10\n smlabt r10, lr, " wb ", r10\n"          \
    "ldr r12, [r0, #8]\n smlabt r11, r12, " wb ", r11\n"

#define GENC_PAIR_STRIDE_2                                                                                  \
    "ldrd r12, lr, [r0]\n" GENC_ROW_STRIDE_2("r4", "r5", "r10") "add r0, r1\n"                              \
    "ldrd r12, lr, [r0]\n" GENC_ROW_STRIDE_2("r6", "r7", "r11") "add r0, r1\n"                              \
    "ldrd r12, lr, [r0]\n" GENC_ROW_STRIDE_2("r8", "r9", "r11") "sub r0, r0, r1, lsl #1\n add r0, #8\n"

/* Sums to what is left to shift by lr.  The sign rounds ties away from zero, which below a clamp at the zero point
   nobody sees. */
#define GENC_PLANE_SIGN                                                                                     \
    "ldr r12, [r3, #36]\n smmulr r10, r10, r12\n smmulr r11, r11, r12\n ldrd r12, lr, [r3, #40]\n"          \
    "add r10, r10, r10, asr #31\n add r11, r11, r11, asr #31\n add r10, r12\n add r11, r12\n"
#define GENC_PLANE_RELU                                                                                     \
    "ldrd r12, lr, [r3, #36]\n smmlar r10, r10, r12, lr\n smmlar r11, r11, r12, lr\n ldr lr, [r3, #44]\n"

/* The three taps of a line, twice as much, as {w0, w1} and {w1, w2}. */
#define GENC_LINE_WEIGHTS(w, wa, wb)                                                                        \
    "sxtb16 r12, " w "\n sxtb16 lr, " w ", ror #8\n sadd16 r12, r12, r12\n sadd16 lr, lr, lr\n"             \
    "pkhbt " wa ", r12, lr, lsl #16\n pkhbt " wb ", lr, r12\n"

/* On the stack: first byte of the row, its x, y_step, where x is at its last full pair (and half a pair more for a row
   of an odd number), from x to there, rows left.  `shift` of count gives bytes of x: 2 for two bytes an output, 3 for
   four. */
#define GENC_PLANE_3X3(pair, odd, shift, scale)                                                             \
    "push {r4-r11, lr}\n sub sp, #24\n mov r3, r0\n ldr r4, [r3, #12]\n"                                    \
    "ldr r12, [r3, #24]\n str r12, [sp, #8]\n"                                                              \
    "lsr r5, r4, #1\n and r4, #1\n lsl r5, #" shift "\n add r5, r5, r4, lsl #" odd "\n str r5, [sp, #16]\n" \
    "3:\n ldrd r10, r11, [r3, #48]\n ldm r10!, {r0, r1, r2}\n" GENC_LINE_WEIGHTS("r0", "r4", "r5")          \
    GENC_LINE_WEIGHTS("r1", "r6", "r7") GENC_LINE_WEIGHTS("r2", "r8", "r9")                                 \
    "ldm r11!, {r0, r1, r2}\n strd r10, r11, [r3, #48]\n"                                                   \
    "lsl r0, #1\n ldr r12, [r3, #64]\n lsl r12, r2\n asr r12, #1\n"                                         \
    "strd r0, r1, [r3, #32]\n strd r12, r2, [r3, #40]\n"                                                    \
    "ldrd r0, r1, [r3]\n ldrd r12, r2, [r3, #16]\n ldr lr, [sp, #16]\n add lr, r0\n"                        \
    "strd r2, r0, [sp]\n str r12, [sp, #20]\n str lr, [sp, #12]\n"                                          \
    "1:\n ldr r10, [r3, #32]\n" pair scale                                                                  \
    "asr r10, lr\n asr r11, lr\n ssat r10, #8, r10\n ssat r11, #8, r11\n"                                   \
    "ldrd r12, lr, [sp, #8]\n cmp r0, lr\n strb r10, [r2]\n"                                                \
    "it ls\n strbls r11, [r2, r12]\n add r2, r2, r12, lsl #1\n blo 1b\n"                                    \
    "ldr r10, [sp, #20]\n subs r10, #1\n beq 2f\n ldr r12, [r3, #8]\n add lr, r12\n"                        \
    "str r10, [sp, #20]\n str lr, [sp, #12]\n"                                                              \
    "ldrd r2, r0, [sp]\n add r0, r12\n ldr r12, [r3, #28]\n add r2, r12\n strd r2, r0, [sp]\n b 1b\n"       \
    "2:\n ldr r0, [r3]\n ldr r2, [r3, #20]\n ldrd r10, r12, [r3, #56]\n add r0, r12\n add r2, #1\n"         \
    "str r0, [r3]\n str r2, [r3, #20]\n subs r10, #1\n str r10, [r3, #56]\n bne 3b\n"                       \
    "add sp, #24\n pop {r4-r11, pc}\n"

GENC_NAKED void genc_plane_3x3_s8(GENC_IN_ASSEMBLY genc_plane *plane)
{
    __asm__ volatile(GENC_PLANE_3X3(GENC_PAIR_STRIDE_1, "1", "2", GENC_PLANE_SIGN));
}

GENC_NAKED void genc_plane_3x3_relu_s8(GENC_IN_ASSEMBLY genc_plane *plane)
{
    __asm__ volatile(GENC_PLANE_3X3(GENC_PAIR_STRIDE_1, "1", "2", GENC_PLANE_RELU));
}

GENC_NAKED void genc_plane_3x3_stride_2_s8(GENC_IN_ASSEMBLY genc_plane *plane)
{
    __asm__ volatile(GENC_PLANE_3X3(GENC_PAIR_STRIDE_2, "2", "3", GENC_PLANE_SIGN));
}

GENC_NAKED void genc_plane_3x3_stride_2_relu_s8(GENC_IN_ASSEMBLY genc_plane *plane)
{
    __asm__ volatile(GENC_PLANE_3X3(GENC_PAIR_STRIDE_2, "2", "3", GENC_PLANE_RELU));
}

#else

void genc_plane_take(const genc_pixels *pixels, const int8_t *x, int16_t *to, int32_t lines)
{
    genc_plane_take_few(pixels, x, to, lines, GENC_PLANES);
}

/** To the next channel: constants. */
static void genc_plane_begin(genc_plane *plane)
{
    plane->bias = 2 * plane->constants[GENC_PLANE_BIAS];
    plane->multiplier = plane->constants[GENC_PLANE_MULTIPLIER];
    plane->shift = plane->constants[GENC_PLANE_SHIFT];
    plane->add = plane->odd * (1 << plane->shift) >> 1;
    plane->constants += GENC_PLANE_SIZE;
}

/** What the assembly computes, of one channel. */
static void genc_plane_3x3_one(const genc_plane *plane, int32_t stride)
{
    int32_t row, i, line, k;
    for (row = 0; row < plane->rows; row++) {
        for (i = 0; i < plane->count; i++) {
            const int8_t *x = (const int8_t *)(plane->x + i * stride) + row * plane->x_row;
            int32_t sum = plane->bias;
            for (line = 0; line < GENC_PLANE_KERNEL; line++, x += plane->x_line) {
                const int16_t *const taps = (const int16_t *)(const void *)x;
                for (k = 0; k < GENC_PLANE_KERNEL; k++) sum += 2 * taps[k] * plane->weights[4 * line + k];
            }
            plane->y[row * plane->y_row + i * plane->y_step] =
                genc_dsp_output(sum >> 1, plane->multiplier, plane->add, plane->shift);
        }
    }
}

static void genc_plane_3x3_any(genc_plane *plane, int32_t stride)
{
    for (; plane->channels > 0; plane->channels--) {
        genc_plane_begin(plane);
        genc_plane_3x3_one(plane, stride);
        plane->x += plane->plane_bytes / 2;
        plane->y++;
        plane->weights += 4 * GENC_PLANE_KERNEL;
    }
}

void genc_plane_3x3_s8(genc_plane *plane)
{
    genc_plane_3x3_any(plane, 1);
}

void genc_plane_3x3_relu_s8(genc_plane *plane)
{
    genc_plane_3x3_any(plane, 1);
}

void genc_plane_3x3_stride_2_s8(genc_plane *plane)
{
    genc_plane_3x3_any(plane, 2);
}

void genc_plane_3x3_stride_2_relu_s8(genc_plane *plane)
{
    genc_plane_3x3_any(plane, 2);
}

#endif
