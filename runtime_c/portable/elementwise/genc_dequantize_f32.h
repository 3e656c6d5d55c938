#ifndef GENC_DEQUANTIZE_F32_H
#define GENC_DEQUANTIZE_F32_H

#include "genc_integer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_dequantize_f32. */
typedef struct {
    int32_t row_elements; /**< of x and of y */
    int32_t x_held;       /**< rows kept of x */
    int32_t y_held;       /**< rows kept of y */
    int32_t x_bytes;      /**< of an element of x: 1 or 2 */
    int32_t x_unsigned;   /**< 1 when x is uint8 */
    int32_t zero_point;   /**< of x */
    float scale;          /**< of x */
} genc_dequantize_f32_params;

/**
 * y = scale * (x - zero_point), rounded once.
 * Semantics: TFLite DEQUANTIZE (reference/dequantize.h).
 * @param x  int8, uint8 or int16, rows of row_elements
 * @param y  float32, the same shape
 */
void genc_dequantize_f32(const genc_dequantize_f32_params *p, const void *x, float *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_DEQUANTIZE_F32_H */
