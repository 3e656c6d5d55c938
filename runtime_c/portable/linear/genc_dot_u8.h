/**
 * @file genc_dot_u8.h
 * @brief Four sums of products at once, for recurrent layers.
 */
#ifndef GENC_DOT_U8_H
#define GENC_DOT_U8_H

#include "genc_kernel.h"

/**
 * s[i] = start + sum over k < depth of x[k] * w[4 * k + i].
 * @param w      [depth][4], 128 more than the model's weights: unsigned bytes are cheap to load on every core
 * @param start  genc_dot_start: takes back the 128
 */
void genc_dot_u8(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t *s);

/** -128 times the sum of x. */
int32_t genc_dot_start(const int8_t *x, int32_t depth);

#endif /* GENC_DOT_U8_H */
