#ifndef GENC_COPY_H
#define GENC_COPY_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_copy and genc_copy_constant. */
typedef struct {
    int32_t x_row_bytes;  /**< of a row of x */
    int32_t y_row_bytes;  /**< of a row of y */
    int32_t x_held;       /**< rows kept of x */
    int32_t y_held;       /**< rows kept of y */
    int32_t image_rows;   /**< rows of an image of y; rows count through the images */
    int32_t x_image_rows; /**< rows of x from the source of one image to that of the next */
    int32_t x_first_row;  /**< row of x that row 0 of y comes from */
    int32_t x_row_step;   /**< rows of x per row of y inside an image */
    int32_t x_offset;     /**< bytes into a row of x, of the first block */
    int32_t y_offset;     /**< bytes into a row of y, of the first block */
    int32_t block;        /**< bytes that lie together in both */
    int32_t rank;         /**< dimensions of the box of blocks in a row, 1 ... 8 */
    const int32_t *dims;  /**< rank triples, outermost first: size, step in x, step in y; steps in bytes */
    const void *constant; /**< x, when it is known at compile time; NULL in genc_copy */
} genc_copy_params;

/**
 * Copies part of each row of x to part of a row of y: concatenation, split, slice, transposition, plain copy.
 * @param x  rows of x_row_bytes, any element type
 * @param y  rows of y_row_bytes, the same element type; bytes outside the box stay as they are
 */
void genc_copy(const genc_copy_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_COPY_H */
