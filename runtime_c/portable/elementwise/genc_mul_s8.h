#ifndef GENC_MUL_S8_H
#define GENC_MUL_S8_H

#include "genc_broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_mul_s8 and genc_mul_constant_s8. */
typedef struct {
    GENC_BROADCAST_FIELDS
    int32_t a_zero;         /**< zero point of a */
    int32_t a_factor;       /**< 1, or a power of two up to 2^13: the part of the factor above 1 */
    int32_t b_zero;         /**< zero point of b */
    int32_t multiplier;     /**< of the product: scale of a * scale of b / scale of y / a_factor */
    int32_t right;          /**< shift of multiplier to the right, 0 ... 30 */
    int32_t y_zero;         /**< zero point of y */
    int32_t low;            /**< smallest output, less y_zero */
    int32_t high;           /**< largest output, less y_zero */
    const int8_t *constant; /**< b, when it is known at compile time; NULL in genc_mul_s8 */
} genc_mul_s8_params;

/**
 * y = clamp(a * b), with broadcasting.
 * Semantics: TFLite MUL int8 (reference/integer_ops/mul.h).
 * @param a  int8, laid out as genc_broadcast.h says
 * @param b  int8, likewise
 * @param y  int8, rows of columns * channels; may be an operand of the same shape
 */
void genc_mul_s8(const genc_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                 int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MUL_S8_H */
