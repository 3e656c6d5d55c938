#ifndef GENC_ADD_S8_H
#define GENC_ADD_S8_H

#include "genc_broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_add_s8 and genc_add_constant_s8. */
typedef struct {
    GENC_BROADCAST_FIELDS
    int32_t a_zero;         /**< zero point of a */
    int32_t a_factor;       /**< 2^19, or -2^19 when a is subtracted: a has the larger scale */
    int32_t b_zero;         /**< zero point of b */
    int32_t b_factor;       /**< 2^20; 2^21 when both scales are equal, so that b_right is not 0 */
    int32_t b_multiplier;   /**< of b_factor * (b - b_zero): makes it scale of b / scale of a * 2^19 */
    int32_t b_right;        /**< shift of b_multiplier to the right, 1 ... 30 */
    int32_t b_sign;         /**< 1, or -1 when b is subtracted */
    int32_t y_multiplier;   /**< of the sum: 2 * scale of a / (2^20 * scale of y) */
    int32_t y_right;        /**< shift of y_multiplier to the right, 1 ... 30 */
    int32_t y_zero;         /**< zero point of y */
    int32_t low;            /**< smallest output, less y_zero */
    int32_t high;           /**< largest output, less y_zero */
    const int8_t *constant; /**< the operand known at compile time; NULL in genc_add_s8 */
    int32_t constant_is_a;  /**< 1 when it is a, 0 when it is b */
} genc_add_s8_params;

/**
 * y = clamp(a + b), also a - b and b - a, with broadcasting.
 * Semantics: TFLite ADD and SUB int8 (reference/integer_ops/add.h, reference/sub.h).
 * @param a  int8, the operand with the larger scale, laid out as genc_broadcast.h says
 * @param b  int8, the other
 * @param y  int8, rows of columns * channels; may be an operand of the same shape
 */
void genc_add_s8(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                 int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_ADD_S8_H */
