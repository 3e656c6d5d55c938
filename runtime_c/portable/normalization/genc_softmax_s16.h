#ifndef GENC_SOFTMAX_S16_H
#define GENC_SOFTMAX_S16_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_softmax_s16. */
typedef struct {
    int32_t depth;                   /**< elements of a row */
    int32_t x_held;                  /**< rows kept of x */
    int32_t y_held;                  /**< rows kept of y */
    int32_t multiplier;              /**< makes a difference of 10 / beta 65535 */
    int32_t shift;                   /**< of multiplier, positive to the left */
    const int16_t *exp_table;        /**< [513] exp(x) in Q15, x from -10 to 0 */
    const int16_t *reciprocal_table; /**< [513] 1 / (1 + x) in Q15, x from 0 to 1 */
} genc_softmax_s16_params;

/**
 * exp(beta * x) / sum over each row; y has scale 1/32768 and zero point 0.
 * Semantics: TFLite SOFTMAX int16 (reference/softmax.h).
 * @param x  int16, rows of `depth`, fewer than 65536
 * @param y  int16, the same shape; may be x
 */
void genc_softmax_s16(const genc_softmax_s16_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_SOFTMAX_S16_H */
