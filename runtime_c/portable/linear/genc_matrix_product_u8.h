#ifndef GENC_MATRIX_PRODUCT_U8_H
#define GENC_MATRIX_PRODUCT_U8_H

#include "genc_matrix_product.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_matrix_product_params genc_matrix_product_u8_params;

/**
 * y[r][o] = sum over k of x[r][k] * w[o][k], plus the bias; w is computed at run time.
 * Semantics: TFLite FULLY_CONNECTED uint8 (reference kernel): round(sum * factor), ties away from zero, the factor in
 * double, for which the back-end found an integer multiplier (codegen.reference.exact_multiplier).
 * @param x  uint8 [rows, depth]
 * @param w  uint8 [outputs, depth], whole
 * @param y  uint8 [rows, outputs]
 */
void genc_matrix_product_u8(const genc_matrix_product_u8_params *p, const uint8_t *x, const uint8_t *w, uint8_t *y,
                            int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MATRIX_PRODUCT_U8_H */
