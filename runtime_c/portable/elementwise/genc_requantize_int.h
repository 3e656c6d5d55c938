#ifndef GENC_REQUANTIZE_INT_H
#define GENC_REQUANTIZE_INT_H

#include "genc_integer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_requantize_int. */
typedef struct {
    int32_t row_elements;  /**< of x and of y */
    int32_t x_held;        /**< rows kept of x */
    int32_t y_held;        /**< rows kept of y */
    int32_t x_bytes;       /**< of an element of x: 1, 2 or 4 */
    int32_t x_unsigned;    /**< 1 when x is uint8 */
    int32_t y_bytes;       /**< of an element of y: 1, 2 or 4 */
    int32_t x_zero;        /**< zero point of x */
    int32_t multiplier;    /**< scale of x / scale of y */
    int32_t shift;         /**< of multiplier, positive to the left */
    int32_t y_zero;        /**< zero point of y */
    int32_t low;           /**< smallest value of y's type, less y_zero */
    int32_t high;          /**< largest value of y's type, less y_zero */
} genc_requantize_int_params;

/**
 * From one integer type and quantisation to another.
 * Semantics: TFLite QUANTIZE of integers (reference/requantize.h).
 * @param x  int8, uint8, int16 or int32, rows of row_elements
 * @param y  int8, uint8, int16 or int32, the same shape; may be x when the element sizes are equal
 */
void genc_requantize_int(const genc_requantize_int_params *p, const void *x, void *y, int32_t row_begin,
                         int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_REQUANTIZE_INT_H */
