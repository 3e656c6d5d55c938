/**
 * @file genc_dot_f32.h
 * @brief Matrix times vector, float32, four rows at once: for recurrent layers.
 */
#ifndef GENC_DOT_F32_H
#define GENC_DOT_F32_H

#include "genc_float.h"

/**
 * y[r] += sum over k < depth of x[k] * w[r][k].
 * @param w     [blocks of 4 rows][depth][4]
 * @param x     [depth]
 * @param y     [rows]
 */
void genc_dot_f32(const float *w, const float *x, int32_t depth, float *y, int32_t rows);

/** y = bias, or 0 where it is NULL. */
void genc_begin_f32(float *y, const float *bias, int32_t count);

#endif /* GENC_DOT_F32_H */
