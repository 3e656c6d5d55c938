#ifndef GENC_SOFTMAX_S8_H
#define GENC_SOFTMAX_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_softmax_s8. */
typedef struct {
    int32_t depth;            /**< elements of a row */
    int32_t x_held;           /**< rows kept of x */
    int32_t y_held;           /**< rows kept of y */
    int32_t y_bytes;          /**< of an element of y, 1 or 2 */
    int32_t exponentials;     /**< entries of the table, 1 ... 256 */
    const int32_t *exp_table; /**< exp(-beta * scale of x * d) in Q0.31, by difference d; 0 past the end */
} genc_softmax_s8_params;

/**
 * exp(beta * x) / sum over each row; y is int8, scale 1/256 and zero point -128, or int16, 1/65536 and -32768.
 * Semantics: TFLite SOFTMAX int8 (reference/softmax.h), its fixed-point exponentials tabulated.
 * @param x  int8, rows of `depth`
 * @param y  int8, the same shape, may be x; or int16
 */
void genc_softmax_s8(const genc_softmax_s8_params *p, const int8_t *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_SOFTMAX_S8_H */
