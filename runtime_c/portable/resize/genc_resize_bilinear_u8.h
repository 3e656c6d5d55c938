#ifndef GENC_RESIZE_BILINEAR_U8_H
#define GENC_RESIZE_BILINEAR_U8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_resize_bilinear_u8. */
typedef struct {
    int32_t in_h;                /**< lines of an image of x */
    int32_t in_w;                /**< columns of x */
    int32_t out_h;               /**< lines of an image of y */
    int32_t out_w;               /**< columns of y */
    int32_t channels;            /**< of x and of y */
    int32_t x_held;              /**< rows kept of x */
    int32_t y_held;              /**< rows kept of y */
    const int32_t *rows;         /**< out_h pairs: upper line, lower line */
    const float *row_weights;    /**< out_h: weight of the lower line */
    const int32_t *columns;      /**< out_w pairs: left column, right column */
    const float *column_weights; /**< out_w: weight of the right column */
} genc_resize_bilinear_u8_params;

/**
 * Every pixel of y is the weighted mean of four pixels of x.
 * Semantics: TFLite RESIZE_BILINEAR uint8 (reference/resize_bilinear.h): float32, every step rounded, in TFLite's order, then
 * 1/2 up; its coordinates tabulated.  Weights outside
 * [0, 1] occur at the borders, where both sources are one.
 * @param x  uint8 [N, in_h, in_w, channels]; a row is a line
 * @param y  uint8 [N, out_h, out_w, channels]
 */
void genc_resize_bilinear_u8(const genc_resize_bilinear_u8_params *p, const uint8_t *x, uint8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_RESIZE_BILINEAR_U8_H */
