#ifndef GENC_LOG_SOFTMAX_S8_H
#define GENC_LOG_SOFTMAX_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_log_softmax_s8. */
typedef struct {
    int32_t depth;             /**< elements of a row, 1 ... 4095 */
    int32_t x_held;            /**< rows kept of x */
    int32_t y_held;            /**< rows kept of y */
    int32_t multiplier;        /**< makes a difference Q5.26 */
    int32_t shift;             /**< of multiplier, positive to the left */
    int32_t terms;             /**< entries of the table, 1 ... 256; differences past its end give -128 */
    const int32_t *term_table; /**< exp(-scale of x * d) in Q12.19, by difference d */
} genc_log_softmax_s8_params;

/**
 * x - log(sum(exp(x))) over each row; y has scale 1/16 and zero point 127.
 * Semantics: TFLite LOG_SOFTMAX int8 (reference/log_softmax.h), its fixed-point exponentials tabulated.
 * @param x  int8, rows of `depth`
 * @param y  int8, the same shape; may be x
 */
void genc_log_softmax_s8(const genc_log_softmax_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_LOG_SOFTMAX_S8_H */
