/**
 * @file genc_eight_mve.h
 * @brief Depthwise convolution, int8: the assembly of eight channels of one or two windows.
 */
#ifndef GENC_EIGHT_MVE_H
#define GENC_EIGHT_MVE_H

#include "genc_depthwise_mve.h"

/** Constants of a block of eight channels, as genc_four has them; of channels 0, 2, 4, 6, then of 1, 3, 5, 7. */
typedef struct {
    int32_t bias[GENC_EIGHT];
    int32_t multiplier[GENC_EIGHT];
    int32_t add[GENC_EIGHT];
    int32_t shift[GENC_EIGHT];
} genc_eight;

#define GENC_EIGHT_SIZE 32 /* numbers of a genc_eight */

#if GENC_MVE

/* What the assembly is made of:
     TWO(...)  what is done for the second window of a pair; nothing, for single windows
     IF, T     prefix and suffix of what must not touch channels that do not exist
   and GENC_LOAD_W, which the kernel defines: it loads eight weights into 16-bit lanes of q0 from [w], and goes on.
   q4, q5 hold the sums of even and odd channels of the first window, q6, q7 those of the second. */
#define GENC_PAIR(...) __VA_ARGS__
#define GENC_SINGLE(...)

#define GENC_DEPTHWISE_TAP(TWO, IF, T)                                                                                 \
    GENC_LOAD_W IF "vldrb" T ".s16 q1, [%[a]]\n" TWO("vldrb" T ".s16 q2, [%[b]]\n")                   \
    "add %[a], %[tap]\n" TWO("add %[b], %[tap]\n")                                                                     \
    "vmullb.s16 q3, q1, q0\n"                                                                                          \
    "vadd.i32 q4, q4, q3\n"                                                                                            \
    "vmullt.s16 q1, q1, q0\n"                                                                                          \
    "vadd.i32 q5, q5, q1\n" TWO("vmullb.s16 q3, q2, q0\n"                                                              \
                                "vadd.i32 q6, q6, q3\n"                                                                \
                                "vmullt.s16 q2, q2, q0\n"                                                              \
                                "vadd.i32 q7, q7, q2\n")

#define GENC_DEPTHWISE_THREE(TWO, IF, T)                                                                               \
    GENC_DEPTHWISE_TAP(TWO, IF, T) GENC_DEPTHWISE_TAP(TWO, IF, T) GENC_DEPTHWISE_TAP(TWO, IF, T)

#define GENC_DEPTHWISE_ANY(TWO, IF, T)                                                                                 \
    "ldr lr, [%[r], #8]\n"                                                                                             \
    "dls lr, lr\n"                                                                                                     \
    "4:\n" GENC_DEPTHWISE_TAP(TWO, IF, T) "le lr, 4b\n"

/* Ties of the multiplication, away from zero. */
#define GENC_DEPTHWISE_TIES(TWO)                                                                                       \
    "vshr.s32 q2, q4, #31\n"                                                                                           \
    "vadd.i32 q4, q4, q2\n"                                                                                            \
    "vshr.s32 q2, q5, #31\n"                                                                                           \
    "vadd.i32 q5, q5, q2\n" TWO("vshr.s32 q2, q6, #31\n"                                                               \
                                "vadd.i32 q6, q6, q2\n"                                                                \
                                "vshr.s32 q2, q7, #31\n"                                                               \
                                "vadd.i32 q7, q7, q2\n")
#define GENC_DEPTHWISE_NO_TIES(TWO)

#define GENC_DEPTHWISE_RUN(TAPS, TIES, TWO, IF, T)                                                                     \
    __asm__ volatile("vctp.16 %[a]\n"                                                                                  \
                     "ldr %[second], [%[r], #12]\n"                                                                    \
                     "ldr %[tap], [%[r], #28]\n"                                                                       \
                     "1:\n" /* one window or two */                                                                    \
                     "vldrw.32 q4, [%[c], #0]\n"                                                                       \
                     "vldrw.32 q5, [%[c], #16]\n"                                                                      \
                     "ldrd %[line], %[k], [%[r], #0]\n"                                                                \
                     "ldr %[w], [%[r], #32]\n" TWO("vmov q6, q4\n"                                                     \
                                                   "vmov q7, q5\n")                                                    \
                     "3:\n" /* kernel row */                                                                           \
                     "ldr %[a], [%[line]], #4\n"                                                                       \
                     "add %[a], %[x]\n" TWO("add %[b], %[a], %[second]\n") TAPS(TWO, IF, T)                            \
                     "subs %[k], #1\n"                                                                                 \
                     "bne 3b\n"                                                                                        \
                     "vldrw.32 q0, [%[c], #32]\n"                                                                      \
                     "vqrdmulh.s32 q4, q4, q0\n"                                                                       \
                     "vldrw.32 q1, [%[c], #48]\n" TWO("vqrdmulh.s32 q6, q6, q0\n")                                     \
                     "vqrdmulh.s32 q5, q5, q1\n" TWO("vqrdmulh.s32 q7, q7, q1\n") TIES(TWO)                            \
                     "vldrw.32 q0, [%[c], #64]\n"                                                                      \
                     "vadd.i32 q4, q4, q0\n"                                                                           \
                     "vldrw.32 q1, [%[c], #80]\n" TWO("vadd.i32 q6, q6, q0\n")                                         \
                     "vldrw.32 q2, [%[c], #96]\n"                                                                      \
                     "vadd.i32 q5, q5, q1\n"                                                                           \
                     "vldrw.32 q3, [%[c], #112]\n" TWO("vadd.i32 q7, q7, q1\n")                                        \
                     "vshl.s32 q4, q4, q2\n" TWO("vshl.s32 q6, q6, q2\n")                                              \
                     "ldrd %[a], %[k], [%[r], #20]\n"                                                                  \
                     "vshl.s32 q5, q5, q3\n"                                                                           \
                     "vdup.16 q0, %[a]\n" TWO("vshl.s32 q7, q7, q3\n")                                                 \
                     "vdup.16 q1, %[k]\n"                                                                              \
                     "vqmovnb.s32 q4, q4\n" TWO("vqmovnb.s32 q6, q6\n")                                                \
                     "ldr %[k], [%[r], #16]\n"                                                                         \
                     "vqmovnt.s32 q4, q5\n" TWO("vqmovnt.s32 q6, q7\n")                                                \
                     "add %[x], %[second]\n" TWO("add %[x], %[second]\n")                                              \
                     "vmax.s16 q4, q4, q0\n" TWO("vmax.s16 q6, q6, q0\n")                                              \
                     "vmin.s16 q4, q4, q1\n" TWO("vmin.s16 q6, q6, q1\n"                                               \
                                                 "add %[a], %[y], %[k]\n")                                             \
                     IF "vstrb" T ".16 q4, [%[y]]\n" TWO("vstrb" T ".16 q6, [%[a]]\n"                                  \
                                                         "add %[y], %[k]\n")                                           \
                     "add %[y], %[k]\n"                                                                                \
                     "subs %[count], #1\n"                                                                             \
                     "bne 1b\n"                                                                                        \
                     : [a] "+&l"(n), [b] "=&l"(b), [line] "=&r"(line), [k] "=&r"(k), [w] "=&l"(w), [tap] "=&r"(tap),   \
                       [second] "=&r"(second), [x] "+&r"(x), [y] "+&l"(y), [count] "+&r"(count)                        \
                     : [r] "r"(r), [c] "r"(c)                                                                          \
                     : "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7")

/* `count` windows, or pairs of them. */
#define GENC_DEPTHWISE_FUNCTION(NAME, TAPS, TIES, TWO, IF, T)                                                          \
    static GENC_NOINLINE void NAME(const genc_depthwise_run *r, const genc_eight *c, const int8_t *x, int8_t *y,       \
                                   int32_t count, int32_t n)                                                           \
    {                                                                                                                  \
        int32_t b, line, k, w, tap, second;                                                                            \
        GENC_DEPTHWISE_RUN(TAPS, TIES, TWO, IF, T);                                                                    \
    }

#endif

#endif /* GENC_EIGHT_MVE_H */
