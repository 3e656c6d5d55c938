#ifndef GENC_LOCAL_RESPONSE_NORM_F32_H
#define GENC_LOCAL_RESPONSE_NORM_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_local_response_norm_f32. */
typedef struct {
    int32_t depth;  /**< elements of a row */
    int32_t x_held; /**< rows kept of x */
    int32_t y_held; /**< rows kept of y */
    int32_t before; /**< channels of a window before its own */
    int32_t after;  /**< channels of a window behind its own */
    float bias;     /**< added to the sum, > 0 */
    float alpha;    /**< factor of the sum of squares, >= 0 */
    float beta;     /**< power that x is divided by */
} genc_local_response_norm_f32_params;

/**
 * y = x / (bias + alpha * sum of squares of a window of channels) ^ beta.
 * Semantics: LRN of ONNX, LOCAL_RESPONSE_NORMALIZATION of TFLite; codegen.reference.normalization.
 * @param x  float32 rows of `depth` channels
 * @param y  float32 rows; not x
 */
void genc_local_response_norm_f32(const genc_local_response_norm_f32_params *p, const float *x, float *y,
                                  int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_LOCAL_RESPONSE_NORM_F32_H */
