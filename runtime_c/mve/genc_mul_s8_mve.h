/**
 * @file genc_mul_s8_mve.h
 * @brief Product, int8, four elements at a time.
 */
#ifndef GENC_MUL_S8_MVE_H
#define GENC_MUL_S8_MVE_H

#include "genc_mul_s8.h"

/** As genc_mul_s8.h has it; both operands have as many channels as the output (a_step and b_step are 1). */
typedef genc_mul_s8_params genc_mul_s8_mve_params;

/**
 * y = clamp(a * b).
 * @param a  int8
 * @param b  int8
 * @param y  int8; may be an operand of the same shape
 * Semantics: genc_mul_s8.
 */
void genc_mul_s8_mve(const genc_mul_s8_mve_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end);

#endif /* GENC_MUL_S8_MVE_H */
