/**
 * @file genc_nnom_mul_q7.h
 * @brief Product of two tensors, q7, by local_mult_q7 of NNoM.
 */
#ifndef GENC_NNOM_MUL_Q7_H
#define GENC_NNOM_MUL_Q7_H

#include "genc_nnom.h"

typedef genc_nnom_pair genc_nnom_mul_q7_params;

/**
 * MUL of tensors of one shape and scale.
 * @param a    [size]
 * @param b    [size]
 * @param out  [size]; may be a or b
 * There is one row: a call computes all.
 */
void genc_nnom_mul_q7(const genc_nnom_mul_q7_params *p, const int8_t *a, const int8_t *b, int8_t *out, int32_t row_begin,
                     int32_t row_end);

#endif /* GENC_NNOM_MUL_Q7_H */
