#ifndef GENC_L2_NORM_F32_H
#define GENC_L2_NORM_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_l2_norm_f32. */
typedef struct {
    int32_t depth;  /**< elements of a row */
    int32_t x_held; /**< rows kept of x */
    int32_t y_held; /**< rows kept of y */
} genc_l2_norm_f32_params;

/**
 * x / sqrt(sum(x * x)) over each row; the root counts as 1e-6 at least.
 * Semantics: TFLite L2_NORMALIZATION float (reference/l2normalization.h).
 * @param x  float32, rows of `depth`
 * @param y  float32, the same shape; may be x
 */
void genc_l2_norm_f32(const genc_l2_norm_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_L2_NORM_F32_H */
