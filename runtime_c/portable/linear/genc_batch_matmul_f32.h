#ifndef GENC_BATCH_MATMUL_F32_H
#define GENC_BATCH_MATMUL_F32_H

#include "genc_batch_matmul.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_batch_matmul_f32 and genc_batch_matmul_constant_f32. */
typedef struct {
    GENC_BATCH_MATMUL_FIELDS
} genc_batch_matmul_f32_params;

/**
 * Matrix products.
 * Semantics: TFLite BATCH_MATMUL float32 (reference/batch_matmul.h).
 * @param a  float32, whole
 * @param b  float32, whole
 * @param y  float32: batches, rows, columns; one row
 */
void genc_batch_matmul_f32(const genc_batch_matmul_f32_params *p, const float *a, const float *b, float *y, int32_t row_begin,
                           int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_BATCH_MATMUL_F32_H */
