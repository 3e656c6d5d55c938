#ifndef GENC_L2_NORM_U8_H
#define GENC_L2_NORM_U8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_l2_norm_u8. */
typedef struct {
    int32_t depth;  /**< elements of a row, 1 ... 32768 */
    int32_t x_held; /**< rows kept of x */
    int32_t y_held; /**< rows kept of y */
    int32_t x_zero; /**< zero point of x */
} genc_l2_norm_u8_params;

/**
 * x / sqrt(sum(x * x)) over each row; y has scale 1/128 and zero point 128; a sum of 0 counts as 1.
 * Semantics: TFLite L2_NORMALIZATION uint8 (reference/l2normalization.h).
 * @param x  uint8, rows of `depth`
 * @param y  uint8, the same shape; may be x
 */
void genc_l2_norm_u8(const genc_l2_norm_u8_params *p, const uint8_t *x, uint8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_L2_NORM_U8_H */
