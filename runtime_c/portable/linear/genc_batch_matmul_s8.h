#ifndef GENC_BATCH_MATMUL_S8_H
#define GENC_BATCH_MATMUL_S8_H

#include "genc_batch_matmul.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_batch_matmul_s8 and genc_batch_matmul_constant_s8. */
typedef struct {
    GENC_BATCH_MATMUL_FIELDS
    int32_t a_zero;     /**< zero point of a */
    int32_t b_zero;     /**< zero point of b */
    int32_t multiplier; /**< of a sum: scale of a * scale of b / scale of y */
    int32_t shift;      /**< of multiplier, positive to the left */
    int32_t y_zero;     /**< zero point of y */
} genc_batch_matmul_s8_params;

/**
 * Matrix products.
 * Semantics: TFLite BATCH_MATMUL int8 (reference/batch_matmul.h).
 * @param a  int8, whole
 * @param b  int8, whole
 * @param y  int8: batches, rows, columns; one row
 */
void genc_batch_matmul_s8(const genc_batch_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                           int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_BATCH_MATMUL_S8_H */
