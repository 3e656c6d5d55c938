/**
 * @file genc_tile_words.h
 * @brief What the functions of genc_tile_s8.h and genc_tile_parts_s8.h are made of, in C and in assembly.
 */
#ifndef GENC_TILE_WORDS_H
#define GENC_TILE_WORDS_H

#include "genc_tile_s8.h"

/** A word of weights and one of inputs: both sums of a pair. */
#define GENC_PAIR_MAC(w, v, a, b)                       \
    do {                                                \
        const uint32_t word = (w);                      \
        b = genc_dual_mac(word, v, b);                  \
        a = genc_dual_mac(genc_even_bytes(word), v, a); \
    } while (0)

/** Sums A and P of a pair, before the first product. */
static inline void genc_tile_begin(const int32_t *pair, int32_t *s)
{
    s[0] = pair[GENC_PAIR_BIAS_A];
    s[1] = (int32_t)((uint32_t)pair[GENC_PAIR_BIAS_A] + ((uint32_t)pair[GENC_PAIR_BIAS_B] << 8));
}

/** Adds the products of one pixel and one pair to s, {A, P}; returns the end of the weights. */
static inline const uint32_t *genc_tile_add(const uint32_t *w, const uint32_t *x, const uint32_t *end, int32_t *s)
{
    int32_t a = s[0], b = s[1];
    for (; x != end; x += 2 * GENC_TILE, w += 2) {
        GENC_PAIR_MAC(w[0], x[0], a, b);
        GENC_PAIR_MAC(w[1], x[GENC_TILE], a, b);
    }
    s[0] = a;
    s[1] = b;
    return w;
}

/** Sums {A, P} to y[0] and, if `both`, y[1]. */
static inline void genc_tile_store(const genc_tile *tile, const int32_t *s, const int32_t *pair, int8_t *y,
                                   int32_t both)
{
    const int32_t shift_a = pair[GENC_PAIR_SHIFT_A] + 1, shift_b = (pair[GENC_PAIR_SHIFT_B] & 255) + 1;
    y[0] = genc_dsp_output(s[0], pair[GENC_PAIR_MULTIPLIER_A], tile->odd * (1 << shift_a) >> 1, shift_a);
    if (both) {
        const int32_t sum = (int32_t)((uint32_t)s[1] - (uint32_t)s[0]) >> 8;
        y[1] = genc_dsp_output(sum, pair[GENC_PAIR_MULTIPLIER_B], tile->odd * (1 << shift_b) >> 1, shift_b);
    }
}

/* r0 weights, r1 x, r2 and r3 a word of weights and its low bytes, r4-r7 A and r8-r11 P of the four pixels, r12 and
   lr a word of two pixels. */
#define GENC_WORD                                                                   \
    "ldr r2, [r0], #4\n sxtb16 r3, r2\n ldrd r12, lr, [r1], #8\n"                   \
    "smlad r4, r3, r12, r4\n smlad r8, r2, r12, r8\n"                               \
    "smlad r5, r3, lr, r5\n smlad r9, r2, lr, r9\n ldrd r12, lr, [r1], #8\n"        \
    "smlad r6, r3, r12, r6\n smlad r10, r2, r12, r10\n"                             \
    "smlad r7, r3, lr, r7\n smlad r11, r2, lr, r11\n"

/* r1 multiplier, r3 shift less 1, lr addend; the sum of one pixel, twice its value, becomes its byte.  The sign rounds
   ties away from zero, which below a clamp at the zero point nobody sees. */
#define GENC_HIGH(s) "smmulr " s ", " s ", r1\n"
#define GENC_SIGN(s) "add " s ", " s ", " s ", asr #31\n add " s ", lr\n"
#define GENC_HIGH_ADD(s) "smmlar " s ", " s ", r1, lr\n"
#define GENC_ROUND(s) "asr " s ", r3\n ssat " s ", #8, " s ", asr #1\n"

/* Four pixels to what is left to shift, y_step to r1; y_step and odd of the tile at sp. */
#define GENC_SCALE_SIGN(s0, s1, s2, s3)                                             \
    GENC_HIGH(s0) GENC_HIGH(s1) GENC_HIGH(s2) GENC_HIGH(s3)                         \
    "ldrd r1, lr, [sp]\n lsl lr, r3\n"                                              \
    GENC_SIGN(s0) GENC_SIGN(s1) GENC_SIGN(s2) GENC_SIGN(s3)
#define GENC_SCALE_RELU(s0, s1, s2, s3)                                             \
    "ldr lr, [sp, #4]\n lsl lr, r3\n"                                               \
    GENC_HIGH_ADD(s0) GENC_HIGH_ADD(s1) GENC_HIGH_ADD(s2) GENC_HIGH_ADD(s3) "ldr r1, [sp]\n"

/* Four pixels of a channel: r12 first byte. */
#define GENC_OUTPUT(scale, s0, s1, s2, s3)                                          \
    scale(s0, s1, s2, s3)                                                           \
    GENC_ROUND(s0) GENC_ROUND(s1) GENC_ROUND(s2) GENC_ROUND(s3)                     \
    "strb " s0 ", [r12]\n strb " s1 ", [r12, r1]\n strb " s2 ", [r12, r1, lsl #1]\n" \
    "add lr, r12, r1\n strb " s3 ", [lr, r1, lsl #1]\n"

/* r12 first byte, r2 the pair, y_step and odd at sp: both channels of the four pixels, from A and P. */
#define GENC_OUTPUTS(scale)                                                          \
    "sub r8, r4\n sub r9, r5\n sub r10, r6\n sub r11, r7\n"                         \
    "lsl r4, #1\n lsl r5, #1\n lsl r6, #1\n lsl r7, #1\n"                           \
    GENC_OUTPUT(scale, "r4", "r5", "r6", "r7")                                       \
    "ldrd r1, r3, [r2, #16]\n add r2, #24\n add r12, #1\n"                          \
    "asr r8, #7\n asr r9, #7\n asr r10, #7\n asr r11, #7\n"                         \
    GENC_OUTPUT(scale, "r8", "r9", "r10", "r11")

/* Inputs by fours, as many as `left` on the stack says before a multiple of sixteen. */
#define GENC_FOUR GENC_WORD GENC_WORD
#define GENC_FOURS(left, end, zero)                                                 \
    "ldr r12, [sp, #" left "]\n tbb [pc, r12]\n"                                    \
    "2:\n .byte (" zero "-2b)/2, (13f-2b)/2, (12f-2b)/2, (11f-2b)/2\n"              \
    "10:\n" GENC_FOUR "11:\n" GENC_FOUR "12:\n" GENC_FOUR "13:\n" GENC_FOUR         \
    "14:\n ldr r12, [sp, #" end "]\n cmp r1, r12\n bne 10b\n"

#endif /* GENC_TILE_WORDS_H */
