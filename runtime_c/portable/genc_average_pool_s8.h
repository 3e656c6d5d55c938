#ifndef GENC_AVERAGE_POOL_S8_H
#define GENC_AVERAGE_POOL_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_average_pool_s8. */
typedef struct {
    int32_t in_h;     /**< lines of an image of x */
    int32_t in_w;     /**< columns of x */
    int32_t channels; /**< of x and of y */
    int32_t out_h;    /**< lines of an image of y */
    int32_t out_w;    /**< columns of y */
    int32_t kernel_h; /**< lines of the window */
    int32_t kernel_w; /**< columns of the window */
    int32_t stride_h; /**< lines of x per line of y */
    int32_t stride_w; /**< columns of x per column of y */
    int32_t pad_top;  /**< lines before the first of x */
    int32_t pad_left; /**< columns before the first of x */
    int32_t low;      /**< smallest output */
    int32_t high;     /**< largest output */
    int32_t x_held;   /**< rows kept of x */
    int32_t y_held;   /**< rows kept of y */
} genc_average_pool_s8_params;

/**
 * Mean of the elements of each window that lie inside the input, ties away from zero; every window has one.
 * Semantics: TFLite AVERAGE_POOL_2D int8 (reference/integer_ops/pooling.h); x and y of one quantisation.
 * @param x  int8 [N, in_h, in_w, channels]; a row is a line, rows count through the batch
 * @param y  int8 [N, out_h, out_w, channels], likewise
 */
void genc_average_pool_s8(const genc_average_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_AVERAGE_POOL_S8_H */
