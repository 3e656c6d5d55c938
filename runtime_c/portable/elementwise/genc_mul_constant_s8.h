#ifndef GENC_MUL_CONSTANT_S8_H
#define GENC_MUL_CONSTANT_S8_H

#include "genc_mul_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_mul_constant_s8. */
typedef genc_mul_s8_params genc_mul_constant_s8_params;

/**
 * genc_mul_s8 with b in the parameters.
 * @param x  int8, operand a
 * @param y  int8, rows of columns * channels; may be x when it has the same shape
 */
void genc_mul_constant_s8(const genc_mul_constant_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                           int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MUL_CONSTANT_S8_H */
