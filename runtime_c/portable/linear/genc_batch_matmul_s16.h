#ifndef GENC_BATCH_MATMUL_S16_H
#define GENC_BATCH_MATMUL_S16_H

#include "genc_batch_matmul.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_batch_matmul_s16 and genc_batch_matmul_constant_s16. */
typedef struct {
    GENC_BATCH_MATMUL_FIELDS
    int32_t multiplier; /**< of a sum: scale of a * scale of b / scale of y, 16 bits */
    int32_t right;      /**< its shift to the right, 1 ... 46 */
} genc_batch_matmul_s16_params;

/**
 * Matrix products.
 * Semantics: TFLite BATCH_MATMUL int16 (reference/batch_matmul.h, sums in 64 bits); all zero points 0.
 * @param a  int16, whole
 * @param b  int16, whole
 * @param y  int16: batches, rows, columns; one row
 */
void genc_batch_matmul_s16(const genc_batch_matmul_s16_params *p, const int16_t *a, const int16_t *b, int16_t *y, int32_t row_begin,
                           int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_BATCH_MATMUL_S16_H */
