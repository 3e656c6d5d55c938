#ifndef GENC_MATRIX_PRODUCT_S8_H
#define GENC_MATRIX_PRODUCT_S8_H

#include "genc_matrix_product.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_matrix_product_params genc_matrix_product_s8_params;

/**
 * y[r][o] = sum over k of x[r][k] * w[o][k], plus the bias; w is computed at run time.
 * Semantics: TFLite FULLY_CONNECTED int8 (reference kernel): round(sum * factor), ties away from zero, the factor in
 * double, for which the back-end found an integer multiplier (codegen.reference.exact_multiplier).
 * @param x  int8 [rows, depth]
 * @param w  int8 [outputs, depth], whole
 * @param y  int8 [rows, outputs]
 */
void genc_matrix_product_s8(const genc_matrix_product_s8_params *p, const int8_t *x, const int8_t *w, int8_t *y,
                            int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MATRIX_PRODUCT_S8_H */
