#ifndef GENC_RESIZE_BILINEAR_S8_H
#define GENC_RESIZE_BILINEAR_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_resize_bilinear_s8. */
typedef struct {
    int32_t in_h;           /**< lines of an image of x */
    int32_t in_w;           /**< columns of x */
    int32_t out_h;          /**< lines of an image of y */
    int32_t out_w;          /**< columns of y */
    int32_t channels;       /**< of x and of y */
    int32_t x_held;         /**< rows kept of x */
    int32_t y_held;         /**< rows kept of y */
    const int32_t *rows;    /**< out_h triples: upper line, lower line, weight of the lower in units of 2^-10 */
    const int32_t *columns; /**< out_w triples: left column, right column, weight of the right in units of 2^-10 */
} genc_resize_bilinear_s8_params;

/**
 * Every pixel of y is the weighted mean of four pixels of x, rounded to nearest, ties away from zero.
 * Semantics: TFLite RESIZE_BILINEAR int8 (reference/resize_bilinear.h, ResizeBilinearInteger), its coordinates
 * tabulated; x and y of one quantisation.  Weights outside [0, 1024] occur at the borders, where both sources are one.
 * @param x  int8 [N, in_h, in_w, channels]; a row is a line
 * @param y  int8 [N, out_h, out_w, channels]
 */
void genc_resize_bilinear_s8(const genc_resize_bilinear_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                             int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_RESIZE_BILINEAR_S8_H */
