/**
 * @file genc_mve.h
 * @brief What the kernels for Helium (Cortex-M52, M55, M85) share: four sums of products, four output bytes.
 *
 * Every function in assembly or intrinsics has a twin in plain C that defines it and runs everywhere; tests hold one
 * against the other.  The accumulators of VMLADAVA live in even registers, so seven are the most a loop can have: four
 * channels of one pixel it is, ten instructions for 64 multiplies.
 */
#ifndef GENC_MVE_H
#define GENC_MVE_H

#include "genc_requantize.h"

#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__) && defined(__OPTIMIZE__) /* without -O there are not registers enough */
#define GENC_MVE 1
#include <arm_mve.h>
#else
#define GENC_MVE 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define GENC_FOUR 4     /* channels of a block */
#define GENC_VECTOR 16  /* bytes */

/**
 * Constants of a block of four channels: how accumulators become bytes.
 * gen-c proves per channel that accumulators stay inside +-2^30 and that the sums below do not overflow.
 */
typedef struct {
    int32_t bias[GENC_FOUR];       /* input offset folded in, modulo 2^32 */
    int32_t multiplier[GENC_FOUR]; /* 2^30 ... 2^31 - 1, or 0 */
    int32_t add[GENC_FOUR];        /* 2^(-shift - 1) + zero_point * 2^-shift */
    int32_t shift[GENC_FOUR];      /* -1 ... -30: to the right */
} genc_four;

/** Bytes that a loop of sixteen at a time goes on for `bytes`. */
static inline int32_t genc_whole_vectors(int32_t bytes)
{
    return (bytes + GENC_VECTOR - 1) & -GENC_VECTOR;
}

/** Copies `bytes` bytes, 0 or more; returns where they end. */
static inline int8_t *genc_copied(int8_t *to, const int8_t *from, int32_t bytes)
{
#if GENC_MVE
    int8_t *t = to;
    __asm__ volatile("wlstp.8 lr, %[n], 2f\n"
                     "1:\n"
                     "vldrb.8 q0, [%[from]], #16\n"
                     "vstrb.8 q0, [%[t]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [t] "+r"(t), [from] "+r"(from)
                     : [n] "r"(bytes)
                     : "lr", "memory", "q0");
#else
    if (bytes > 0) memcpy(to, from, (size_t)bytes);
#endif
    return to + bytes;
}

/** Fills `bytes` bytes, 0 or more; returns where they end. */
static inline int8_t *genc_filled(int8_t *to, int32_t value, int32_t bytes)
{
#if GENC_MVE
    int8_t *t = to;
    __asm__ volatile("vdup.8 q0, %[value]\n"
                     "wlstp.8 lr, %[n], 2f\n"
                     "1:\n"
                     "vstrb.8 q0, [%[t]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [t] "+r"(t)
                     : [n] "r"(bytes), [value] "r"(value)
                     : "lr", "memory", "q0");
#else
    memset(to, value, (size_t)bytes);
#endif
    return to + bytes;
}

/**
 * Copies neighbouring pixels of an image line, with padding outside the image.
 * @param line   width * channels bytes; not read when NULL: all padding
 * @param left   first pixel wanted, may be negative or past the line
 * @param count  pixels wanted
 */
static inline void genc_padded_line(const int8_t *line, int32_t width, int32_t channels, int32_t left, int32_t count,
                                    int32_t pad_value, int8_t *to)
{
    int32_t begin = genc_clamp(-left, 0, count), end = genc_clamp(width - left, begin, count);
    if (line == NULL) begin = end = count;
    to = genc_filled(to, pad_value, begin * channels);
    if (line != NULL) to = genc_copied(to, line + (left + begin) * channels, (end - begin) * channels);
    genc_filled(to, pad_value, (count - end) * channels);
}

/**
 * Sums of products of one line with four lines of weights.
 * @param w      [count / 16, rounded up][4][16], int8
 * @param x      `count` bytes, int8; nothing behind them is read
 * @param count  > 0
 * @param bias   what the sums start from
 * @param sums   the four results
 */
static inline void genc_dot_four(const int8_t *w, const int8_t *x, int32_t count, const int32_t *bias, int32_t *sums)
{
#if GENC_MVE
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    __asm__ volatile("dlstp.8 lr, %[n]\n"
                     "1:\n"
                     "vldrb.8 q0, [%[x]], #16\n"
                     "vldrb.8 q1, [%[w]], #16\n"
                     "vmladava.s8 %[a], q1, q0\n"
                     "vldrb.8 q2, [%[w]], #16\n"
                     "vmladava.s8 %[b], q2, q0\n"
                     "vldrb.8 q1, [%[w]], #16\n"
                     "vmladava.s8 %[c], q1, q0\n"
                     "vldrb.8 q2, [%[w]], #16\n"
                     "vmladava.s8 %[d], q2, q0\n"
                     "letp lr, 1b\n"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x), [w] "+r"(w)
                     : [n] "r"(count)
                     : "lr", "memory", "q0", "q1", "q2");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
#else
    int32_t i, k;
    for (i = 0; i < GENC_FOUR; i++) {
        uint32_t sum = (uint32_t)bias[i];
        for (k = 0; k < count; k++) {
            sum += (uint32_t)(x[k] * w[(k / GENC_VECTOR * GENC_FOUR + i) * GENC_VECTOR + k % GENC_VECTOR]);
        }
        sums[i] = (int32_t)sum;
    }
#endif
}

#ifdef __cplusplus
}
#endif
#endif /* GENC_MVE_H */
