#include "genc_digits_s8.h"

#define GENC_DIGIT_MASK ((1u << GENC_DIGIT_BITS) - 1)

void genc_digits_take_few(const genc_digit_pixels *pixels, const int8_t *x, int32_t *to, int32_t lines,
                          int32_t channels)
{
    const int32_t word = pixels->word_step / 4, plane = pixels->plane_bytes / 4;
    int32_t line, i, k;
    for (line = 0; line < lines; line++, x += pixels->x_skip, to += pixels->to_skip / 4) {
        int32_t second = pixels->second, keep = pixels->keep;
        for (i = 0; i < pixels->count; i++, x += pixels->step) {
            for (k = 0; k < channels; k++) {
                const int32_t value = x[k] + pixels->add, other = to[k * plane] & keep;
                to[k * plane] = second ? other + value * (1 << GENC_DIGIT_BITS) : value;
            }
            if (second) to += word;
            second ^= 1;
            keep = -1;
        }
    }
}

/** Two of its digits, doubled and without the offset, to a byte. */
static int8_t genc_digit_output(const genc_digits *d, uint32_t digit)
{
    const int32_t twice = (int32_t)((uint32_t)d->bias + 2u * digit);
    return genc_dsp_output(twice >> 1, d->multiplier, d->add, d->shift & 255);
}

/** Lines of any number of words. */
static void genc_digits_any(const genc_digits *d, int32_t words, int32_t stride)
{
    const int32_t *row;
    int8_t *y = d->y;
    int32_t i, k;
    for (row = d->rows; row != d->rows_end; row += GENC_DIGIT_ROW, y += d->y_row) {
        const int32_t *first = d->x + row[0] / 4, *const end = d->weights + row[2] / 4;
        uint32_t begin = (uint32_t)d->first;
        for (i = 0; i <= d->count; i += 2, first += stride) {
            const int32_t *x = first, *w = d->weights + row[1] / 4;
            uint64_t sum = (uint64_t)(uint32_t)d->last << 32 | begin;
            for (; w != end; w += words, x += d->x_line / 4) {
                for (k = 0; k < words; k++) sum += (uint64_t)((int64_t)x[k] * w[k]);
            }
            if (i > 0) y[(i - 1) * d->y_step] = genc_digit_output(d, (uint32_t)sum & GENC_DIGIT_MASK);
            if (i < d->count) {
                y[i * d->y_step] = genc_digit_output(d, (uint32_t)(sum >> GENC_DIGIT_BITS) & GENC_DIGIT_MASK);
            }
            begin = (uint32_t)d->middle + (uint32_t)(sum >> 2 * GENC_DIGIT_BITS);
        }
    }
}

#if GENC_DSP

/* r0 a pixel, r1 its word, r3 bytes to the next pixel, r4 and r5 one and three planes, r6-r9 at work, r10 what to add,
   r11 bytes to the next word. */
#define GENC_TAKE_PAIR(rotation, to)                                                                        \
    "sxtab r8, r10, r6" rotation "\n sxtab r9, r10, r7" rotation "\n add r8, r8, r9, lsl #21\n str r8, " to "\n"
#define GENC_TAKE_FIRST(rotation, to) "sxtab r8, r10, r6" rotation "\n str r8, " to "\n"
#define GENC_TAKE_SECOND(rotation, to)                                                                      \
    "ldr r8, " to "\n sxtab r9, r10, r6" rotation "\n and r8, r7\n add r8, r8, r9, lsl #21\n str r8, " to "\n"
#define GENC_TAKE_PLANES(take)                                                                              \
    take("", "[r1]") take(", ror #8", "[r1, r4]") take(", ror #16", "[r1, r4, lsl #1]") take(", ror #24", "[r1, r5]")

GENC_NAKED void genc_digits_take(GENC_IN_ASSEMBLY const genc_digit_pixels *pixels, GENC_IN_ASSEMBLY const int8_t *x,
                                 GENC_IN_ASSEMBLY int32_t *to, GENC_IN_ASSEMBLY int32_t lines)
{
    /* r2 pixels left, r12 their description, lr lines left. */
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "mov r12, r0\n mov r0, r1\n mov r1, r2\n mov lr, r3\n"
        "ldm r12, {r2, r3, r4, r11}\n ldr r10, [r12, #24]\n add r5, r4, r4, lsl #1\n"
        "1:\n ldrd r6, r7, [r12, #28]\n cmp r6, #0\n beq 2f\n"
        "ldr r6, [r0]\n add r0, r3\n" GENC_TAKE_PLANES(GENC_TAKE_SECOND) "add r1, r11\n sub r2, #1\n"
        "2:\n subs r2, #2\n blt 4f\n"
        "3:\n ldr r6, [r0]\n ldr r7, [r0, r3]\n add r0, r0, r3, lsl #1\n"
        GENC_TAKE_PLANES(GENC_TAKE_PAIR) "add r1, r11\n subs r2, #2\n bge 3b\n"
        "4:\n adds r2, #2\n beq 5f\n ldr r6, [r0]\n add r0, r3\n" GENC_TAKE_PLANES(GENC_TAKE_FIRST)
        "5:\n ldrd r6, r7, [r12, #16]\n add r0, r6\n add r1, r7\n ldr r2, [r12]\n subs lr, #1\n bne 1b\n"
        "pop {r4-r11, pc}\n");
}

/* r0 x, r1 weights, r2, r3, r12 and lr words of them, r4:r5 and r6:r7 two sums, low word first, r8-r11 (lr) of x. */
#define GENC_MAC_A(x, w) "smlal r4, r5, " x ", " w "\n"
#define GENC_MAC_B(x, w) "smlal r6, r7, " x ", " w "\n"
#define GENC_ONE_2 "ldrd r2, r3, [r1], #8\n ldrd r8, r9, [r0]\n" GENC_MAC_A("r8", "r2") GENC_MAC_A("r9", "r3")
#define GENC_TAPS_3 GENC_MAC_A("r8", "r2") GENC_MAC_A("r9", "r3") GENC_MAC_A("r10", "r12")
#define GENC_ONE_3 "ldm r1!, {r2, r3, r12}\n ldm r0, {r8-r10}\n" GENC_TAPS_3
#define GENC_ONE_4 "ldm r1!, {r2, r3, r12, lr}\n ldm r0, {r8-r11}\n" GENC_TAPS_3 GENC_MAC_A("r11", "lr")
#define GENC_TWO_2_BY_1                                                                                     \
    "ldrd r2, r3, [r1], #8\n ldm r0, {r8-r10}\n"                                                            \
    GENC_MAC_A("r8", "r2") GENC_MAC_A("r9", "r3") GENC_MAC_B("r9", "r2") GENC_MAC_B("r10", "r3")
#define GENC_TWO_2_BY_2                                                                                     \
    "ldrd r2, r3, [r1], #8\n ldm r0, {r8-r11}\n"                                                            \
    GENC_MAC_A("r8", "r2") GENC_MAC_A("r9", "r3") GENC_MAC_B("r10", "r2") GENC_MAC_B("r11", "r3")
#define GENC_TWO_3_BY_1                                                                                     \
    "ldm r1!, {r2, r3, r12}\n ldm r0, {r8-r11}\n" GENC_TAPS_3                                               \
    GENC_MAC_B("r9", "r2") GENC_MAC_B("r10", "r3") GENC_MAC_B("r11", "r12")
#define GENC_TWO_3_BY_2                                                                                     \
    "ldm r1!, {r2, r3, r12}\n ldm r0, {r8-r11, lr}\n" GENC_TAPS_3                                           \
    GENC_MAC_B("r10", "r2") GENC_MAC_B("r11", "r3") GENC_MAC_B("lr", "r12")
#define GENC_TWO_4_BY_1                                                                                     \
    GENC_ONE_4 GENC_MAC_B("r9", "r2") GENC_MAC_B("r10", "r3") GENC_MAC_B("r11", "r12")                      \
    "ldr r8, [r0, #16]\n" GENC_MAC_B("r8", "lr")
#define GENC_TWO_4_BY_2                                                                                     \
    GENC_ONE_4 GENC_MAC_B("r10", "r2") GENC_MAC_B("r11", "r3")                                              \
    "ldrd r8, r9, [r0, #16]\n" GENC_MAC_B("r8", "r12") GENC_MAC_B("r9", "lr")

/* All lines of a row; label 3 begins them. */
#define GENC_LINES(line, then) "3:\n" line "ldrd r2, r3, [sp]\n add r0, r2\n cmp r1, r3\n bne 3b\n b " then "\n"

/* r0 multiplier, r1 addend, r2 shift. */
#define GENC_DIGIT_ROUND(s) "asr " s ", r2\n ssat " s ", #8, " s "\n"
#define GENC_DIGIT_SIGN(s) "smmulr " s ", " s ", r0\n add " s ", " s ", " s ", asr #31\n add " s ", r1\n"
#define GENC_DIGIT_HIGH(s) "smmlar " s ", " s ", r0, r1\n"

/* Outputs 2i - 1 and 2i, twice as much, to r8 and r9; r0 bias. */
#define GENC_DIGITS_A                                                                                       \
    "ubfx r8, r4, #0, #21\n lsr r9, r4, #21\n bfi r9, r5, #11, #10\n"                                       \
    "add r8, r0, r8, lsl #1\n add r9, r0, r9, lsl #1\n"

/* On the stack: 0 x_line, 4 end of the weights of the row, 8 and 16 where the two sums begin, 24 bias, bias_of_two,
   32 multiplier, add, 40 shift, sign, 48 where the outputs 2i - 1 and 2i go, 56 outputs from 2i on, 60 x, 64 weights of
   the row, 68 middle, 72 y_step, x_step, 80 the next row, 84 its outputs, 88 the digits, 92 which lines. */
static GENC_NAKED void genc_digits_lines(GENC_IN_ASSEMBLY const genc_digits *digits, GENC_IN_ASSEMBLY int32_t lines)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #96\n strd r0, r1, [sp, #88]\n"
        "ldrd r1, r2, [r0, #28]\n strd r1, r2, [sp, #72]\n add r1, r0, #36\n ldm r1, {r2-r11}\n"
        "str r2, [sp]\n str r3, [sp, #68]\n str r4, [sp, #12]\n strd r5, r4, [sp, #16]\n strd r6, r7, [sp, #24]\n"
        "strd r8, r9, [sp, #32]\n strd r10, r11, [sp, #40]\n ldr r1, [r0, #8]\n ldr r2, [r0, #20]\n"
        /* a row */
        "1:\n ldrd r6, r7, [r0]\n ldm r1!, {r3-r5}\n add r3, r6\n add r4, r7\n add r5, r7\n"
        "strd r3, r4, [sp, #60]\n str r5, [sp, #4]\n ldr r6, [sp, #16]\n str r6, [sp, #8]\n strd r2, r2, [sp, #48]\n"
        "ldr r3, [r0, #16]\n ldr r4, [r0, #24]\n add r2, r4\n strd r1, r2, [sp, #80]\n str r3, [sp, #56]\n"
        "cmp r3, #1\n ble 6f\n"
        /* two sums */
        "2:\n ldrd r0, r1, [sp, #60]\n ldrd r4, r5, [sp, #8]\n ldrd r6, r7, [sp, #16]\n ldr r2, [sp, #92]\n"
        "tbb [pc, r2]\n"
        "30:\n .byte (31f-30b)/2, (32f-30b)/2, (33f-30b)/2, (34f-30b)/2, (35f-30b)/2, (36f-30b)/2\n"
        "31:\n" GENC_LINES(GENC_TWO_2_BY_1, "4f") "32:\n" GENC_LINES(GENC_TWO_3_BY_1, "4f")
        "33:\n" GENC_LINES(GENC_TWO_4_BY_1, "4f") "34:\n" GENC_LINES(GENC_TWO_2_BY_2, "4f")
        "35:\n" GENC_LINES(GENC_TWO_3_BY_2, "4f") "36:\n" GENC_LINES(GENC_TWO_4_BY_2, "4f")
        "40:\n" GENC_DIGIT_SIGN("r8") GENC_DIGIT_SIGN("r9") GENC_DIGIT_SIGN("r10") GENC_DIGIT_SIGN("r11") "b 5f\n"
        "4:\n ldr r2, [sp, #68]\n add r2, r2, r7, lsr #10\n str r2, [sp, #8]\n"
        "ldrd r0, r1, [sp, #24]\n" GENC_DIGITS_A
        "ubfx r10, r6, #0, #21\n add r10, r10, r5, lsr #10\n lsr r11, r6, #21\n bfi r11, r7, #11, #10\n"
        "add r10, r1, r10, lsl #1\n add r11, r0, r11, lsl #1\n"
        "ldrd r0, r1, [sp, #32]\n ldrd r2, r3, [sp, #40]\n cmp r3, #0\n bne 40b\n"
        GENC_DIGIT_HIGH("r8") GENC_DIGIT_HIGH("r9") GENC_DIGIT_HIGH("r10") GENC_DIGIT_HIGH("r11")
        "5:\n" GENC_DIGIT_ROUND("r8") GENC_DIGIT_ROUND("r9") GENC_DIGIT_ROUND("r10") GENC_DIGIT_ROUND("r11")
        "ldrd r0, r1, [sp, #48]\n ldrd r2, r3, [sp, #56]\n ldrd r4, r5, [sp, #72]\n"
        "strb r8, [r0]\n strb r9, [r1]\n strb r10, [r1, r4]\n cmp r2, #2\n it gt\n strbgt r11, [r1, r4, lsl #1]\n"
        "add r1, r1, r4, lsl #2\n sub r0, r1, r4\n add r3, r5\n subs r2, #4\n bmi 8f\n"
        "strd r0, r1, [sp, #48]\n strd r2, r3, [sp, #56]\n cmp r2, #1\n bgt 2b\n"
        /* the last sum of a row */
        "6:\n ldrd r0, r1, [sp, #60]\n ldrd r4, r5, [sp, #8]\n ldr r2, [sp, #92]\n"
        "cmp r2, #2\n it hi\n subhi r2, #3\n tbb [pc, r2]\n"
        "60:\n .byte (61f-60b)/2, (62f-60b)/2, (63f-60b)/2, 0\n"
        "61:\n" GENC_LINES(GENC_ONE_2, "7f") "62:\n" GENC_LINES(GENC_ONE_3, "7f") "63:\n" GENC_LINES(GENC_ONE_4, "7f")
        "7:\n ldr r0, [sp, #24]\n" GENC_DIGITS_A
        "ldrd r0, r1, [sp, #32]\n ldr r2, [sp, #40]\n" GENC_DIGIT_SIGN("r8") GENC_DIGIT_SIGN("r9")
        GENC_DIGIT_ROUND("r8") GENC_DIGIT_ROUND("r9")
        "ldrd r0, r1, [sp, #48]\n ldr r2, [sp, #56]\n strb r8, [r0]\n cmp r2, #0\n it gt\n strbgt r9, [r1]\n"
        "8:\n ldrd r1, r2, [sp, #80]\n ldr r0, [sp, #88]\n ldr r3, [r0, #12]\n cmp r1, r3\n bne 1b\n"
        "add sp, #96\n pop {r4-r11, pc}\n");
}

void genc_digits_rows(const genc_digits *digits, int32_t words, int32_t stride)
{
    if (words >= 2 && words <= 4 && stride <= 2) genc_digits_lines(digits, 3 * stride + words - 5);
    else genc_digits_any(digits, words, stride);
}

#else

void genc_digits_take(const genc_digit_pixels *pixels, const int8_t *x, int32_t *to, int32_t lines)
{
    genc_digits_take_few(pixels, x, to, lines, GENC_DIGIT_PLANES);
}

void genc_digits_rows(const genc_digits *digits, int32_t words, int32_t stride)
{
    genc_digits_any(digits, words, stride);
}

#endif
