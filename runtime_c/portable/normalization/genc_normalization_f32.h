#ifndef GENC_NORMALIZATION_F32_H
#define GENC_NORMALIZATION_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_normalization_f32. */
typedef struct {
    int32_t row_elements;   /**< of a row of x and of y */
    int32_t x_held;         /**< rows kept of x */
    int32_t y_held;         /**< rows kept of y */
    int32_t kept_rank;      /**< dimensions inside a row of which each position is normalised by itself, 1 ... 8 */
    const int32_t *kept;    /**< kept_rank pairs: size, step in elements; outermost first */
    int32_t reduced_rank;   /**< dimensions normalised together without the innermost, 0 ... 7 */
    const int32_t *reduced; /**< reduced_rank pairs: size, step in elements; outermost first; or NULL */
    int32_t inner_size;     /**< innermost dimension normalised together */
    int32_t inner_step;     /**< its step in elements */
    float count;            /**< elements normalised together */
    int32_t centred;        /**< 1: around the mean; 0: around 0 */
    float epsilon;          /**< added to the variance */
} genc_normalization_f32_params;

/**
 * y = (x - mean) / sqrt(variance + epsilon) over some dimensions of each row; sums in float, in short runs.
 * Semantics: LayerNormalization, InstanceNormalization, GroupNormalization and RMSNormalization of ONNX without
 * scale and bias; codegen.reference.normalization.
 * @param x  float32 rows
 * @param y  float32 rows of the same layout; may be x
 */
void genc_normalization_f32(const genc_normalization_f32_params *p, const float *x, float *y, int32_t row_begin,
                            int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_NORMALIZATION_F32_H */
