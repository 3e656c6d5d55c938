#ifndef GENC_QUANTIZE_F32_H
#define GENC_QUANTIZE_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_quantize_f32. */
typedef struct {
    int32_t row_elements; /**< of x and of y */
    int32_t x_held;       /**< rows kept of x */
    int32_t y_held;       /**< rows kept of y */
    int32_t y_bytes;      /**< of an element of y: 1 or 2 */
    float scale;          /**< of y, positive */
    int32_t zero_point;   /**< of y */
    int32_t low;          /**< smallest value of y's type */
    int32_t high;         /**< largest value of y's type */
} genc_quantize_f32_params;

/**
 * y = clamp(round(x / scale) + zero_point), ties away from zero.
 * Where x / scale is NaN or beyond 32 bits it counts as INT32_MIN, and the sum wraps, as TFLite does on x86.
 * Semantics: TFLite QUANTIZE (reference/quantize.h, AffineQuantize).
 * @param x  float32, rows of row_elements
 * @param y  int8, uint8 or int16, the same shape
 */
void genc_quantize_f32(const genc_quantize_f32_params *p, const float *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_QUANTIZE_F32_H */
