#ifndef GENC_ADD_CONSTANT_S8_H
#define GENC_ADD_CONSTANT_S8_H

#include "genc_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_add_constant_s8. */
typedef genc_add_s8_params genc_add_constant_s8_params;

/**
 * genc_add_s8 with one operand in the parameters.
 * @param x  int8, the other operand
 * @param y  int8, rows of columns * channels; may be x when it has the same shape
 */
void genc_add_constant_s8(const genc_add_constant_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_ADD_CONSTANT_S8_H */
