#ifndef GENC_PAD_H
#define GENC_PAD_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_pad. */
typedef struct {
    int32_t x_row_bytes;   /**< of a row of x */
    int32_t y_row_bytes;   /**< of a row of y */
    int32_t x_held;        /**< rows kept of x */
    int32_t y_held;        /**< rows kept of y */
    int32_t images;        /**< images of x */
    int32_t x_image_rows;  /**< rows of an image of x */
    int32_t y_image_rows;  /**< rows of an image of y */
    int32_t images_before; /**< images of padding before the first of x */
    int32_t rows_before;   /**< rows of padding before the first of an image */
    int32_t element;       /**< bytes of an element */
    const void *value;     /**< the element to pad with */
    int32_t y_offset;      /**< bytes into a row of y, of the first block */
    int32_t block;         /**< bytes that lie together in both rows */
    int32_t rank;          /**< dimensions of the box of blocks in a row, 1 ... 8 */
    const int32_t *dims;   /**< rank triples, outermost first: size, step in x, step in y; steps in bytes */
} genc_pad_params;

/**
 * Constant padding along any dimension.
 * @param x  rows of x_row_bytes, any element type; rows count through the images
 * @param y  rows of y_row_bytes, the same element type
 */
void genc_pad(const genc_pad_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_PAD_H */
