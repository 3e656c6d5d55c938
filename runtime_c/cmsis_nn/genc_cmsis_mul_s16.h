/**
 * @file genc_cmsis_mul_s16.h
 * @brief Product of two tensors, int16, by arm_elementwise_mul_s16 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_MUL_S16_H
#define GENC_CMSIS_MUL_S16_H

#include "genc_cmsis_pairs.h"

typedef genc_cmsis_pairs genc_cmsis_mul_s16_params;

/**
 * MUL of tensors of one shape.
 * @param a  rows of `elements`, a ring of a_rows_held
 * @param b  rows of `elements`, a ring of b_rows_held
 * @param y  rows of `elements`, a ring of y_rows_held; may lie exactly on a or on b: the library goes through them once
 * Semantics: scaled with two roundings, as TFLite does.
 */
void genc_cmsis_mul_s16(const genc_cmsis_mul_s16_params *p, const int16_t *a, const int16_t *b, int16_t *y,
                        int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_MUL_S16_H */
