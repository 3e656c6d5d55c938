/**
 * @file genc_dot_s8.h
 * @brief Sums of products of one row of int8 with eight or four rows of weights, for cores that multiply one by one.
 *
 * Weights are uint8, an offset more than the model's: signed bytes load slowly on some cores, and the uint8 weights of
 * old models, less their zero point, may have 9 bits.  Outputs go in blocks of eight, [depth][8]; when at most four
 * remain, they are a block of four, [depth][4].
 */
#ifndef GENC_DOT_S8_H
#define GENC_DOT_S8_H

#include "genc_kernel.h"

/**
 * s[i] = start + sum over k < depth of x[k] * w[8 * k + i], 0 <= i < 8.
 * @param w      [depth][8]
 * @param start  genc_dot_s8_start
 */
void genc_dot_s8_eight(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t *s);

/** The same for four rows of weights, [depth][4]. */
void genc_dot_s8_four(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t *s);

/** Sums of the next block, when `outputs` outputs remain, and how many the block has: 8 or 4. */
static inline int32_t genc_dot_s8(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t outputs,
                                  int32_t *s)
{
    if (outputs > 4) {
        genc_dot_s8_eight(w, x, depth, start, s);
        return 8;
    }
    genc_dot_s8_four(w, x, depth, start, s);
    return 4;
}

/** What takes back `offset` of every weight: -offset times the sum of x. */
int32_t genc_dot_s8_start(const int8_t *x, int32_t depth, int32_t offset);

#endif /* GENC_DOT_S8_H */
