#ifndef GENC_LOG_SOFTMAX_F32_H
#define GENC_LOG_SOFTMAX_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_log_softmax_f32. */
typedef struct {
    int32_t depth;  /**< elements of a row */
    int32_t x_held; /**< rows kept of x */
    int32_t y_held; /**< rows kept of y */
} genc_log_softmax_f32_params;

/**
 * x - log(sum(exp(x))) over each row, the row's maximum subtracted first.
 * Semantics: TFLite LOG_SOFTMAX float (reference/log_softmax.h).
 * @param x  float32, rows of `depth`
 * @param y  float32, the same shape; may be x
 */
void genc_log_softmax_f32(const genc_log_softmax_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_LOG_SOFTMAX_F32_H */
