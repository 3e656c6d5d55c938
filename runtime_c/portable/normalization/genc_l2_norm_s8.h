#ifndef GENC_L2_NORM_S8_H
#define GENC_L2_NORM_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_l2_norm_s8. */
typedef struct {
    int32_t depth;  /**< elements of a row, 1 ... 32768 */
    int32_t x_held; /**< rows kept of x */
    int32_t y_held; /**< rows kept of y */
    int32_t x_zero; /**< zero point of x */
} genc_l2_norm_s8_params;

/**
 * x / sqrt(sum(x * x)) over each row; y has scale 1/128 and zero point 0; a sum of 0 counts as 1.
 * Semantics: TFLite L2_NORMALIZATION int8 (integer_ops/l2normalization.h).
 * @param x  int8, rows of `depth`
 * @param y  int8, the same shape; may be x
 */
void genc_l2_norm_s8(const genc_l2_norm_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_L2_NORM_S8_H */
