/**
 * @file genc_cmsis_minimum_s8.h
 * @brief Smaller elements of two tensors, int8, by arm_minimum_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_MINIMUM_S8_H
#define GENC_CMSIS_MINIMUM_S8_H

#include "genc_cmsis_pairs.h"

typedef genc_cmsis_pairs genc_cmsis_minimum_s8_params;

/**
 * MINIMUM of tensors of one shape.
 * @param a  rows of `elements`, a ring of a_rows_held
 * @param b  rows of `elements`, a ring of b_rows_held
 * @param y  rows of `elements`, a ring of y_rows_held; may lie exactly on a or on b: the library goes through them once
 * Semantics: of stored numbers.
 */
void genc_cmsis_minimum_s8(const genc_cmsis_minimum_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                           int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_MINIMUM_S8_H */
