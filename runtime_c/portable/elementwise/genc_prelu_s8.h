#ifndef GENC_PRELU_S8_H
#define GENC_PRELU_S8_H

#include "genc_broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_prelu_s8; operand b of the broadcast is alpha. */
typedef struct {
    GENC_BROADCAST_FIELDS
    int32_t x_zero;           /**< zero point of x */
    int32_t x_factor;         /**< 1, or a power of two up to 2^13: the part of the factor above 1 */
    int32_t multiplier;       /**< where x is positive: scale of x / scale of y / x_factor */
    int32_t right;            /**< shift of multiplier to the right, 0 ... 30 */
    int32_t alpha_zero;       /**< zero point of alpha */
    int32_t alpha_factor;     /**< as x_factor, elsewhere */
    int32_t alpha_multiplier; /**< elsewhere: scale of x * scale of alpha / scale of y / alpha_factor */
    int32_t alpha_right;      /**< shift of alpha_multiplier to the right, 0 ... 30 */
    int32_t y_zero;           /**< zero point of y */
    int32_t low;              /**< smallest output, less y_zero */
    int32_t high;             /**< largest output, less y_zero */
    const int8_t *alpha;      /**< slopes, laid out as genc_broadcast.h says */
} genc_prelu_s8_params;

/**
 * y = x where x is positive, alpha * x elsewhere, with broadcasting of alpha.
 * Semantics: TFLite PRELU int8 (reference/prelu.h).
 * @param x  int8, laid out as genc_broadcast.h says
 * @param y  int8, rows of columns * channels; may be x
 */
void genc_prelu_s8(const genc_prelu_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_PRELU_S8_H */
