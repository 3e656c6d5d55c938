#ifndef GENC_RESIZE_NEAREST_H
#define GENC_RESIZE_NEAREST_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_resize_nearest. */
typedef struct {
    int32_t in_h;           /**< lines of an image of x */
    int32_t in_w;           /**< columns of x */
    int32_t out_h;          /**< lines of an image of y */
    int32_t out_w;          /**< columns of y */
    int32_t pixel_bytes;    /**< channels * bytes of an element */
    int32_t x_held;         /**< rows kept of x */
    int32_t y_held;         /**< rows kept of y */
    const int32_t *rows;    /**< out_h: line of x that each line of y shows */
    const int32_t *columns; /**< out_w: column of x that each column of y shows */
} genc_resize_nearest_params;

/**
 * Every pixel of y is one pixel of x.
 * Semantics: TFLite RESIZE_NEAREST_NEIGHBOR (reference/resize_nearest_neighbor.h), its coordinates tabulated.
 * @param x  [N, in_h, in_w, channels], any element type; a row is a line
 * @param y  [N, out_h, out_w, channels]
 */
void genc_resize_nearest(const genc_resize_nearest_params *p, const void *x, void *y, int32_t row_begin,
                         int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_RESIZE_NEAREST_H */
