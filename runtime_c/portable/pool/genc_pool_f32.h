#ifndef GENC_POOL_F32_H
#define GENC_POOL_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_pool_f32. */
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
    int32_t average;  /**< 1: the mean of the window, 0: its maximum */
    float low;        /**< smallest output */
    float high;       /**< largest output */
    int32_t x_held;   /**< rows kept of x */
    int32_t y_held;   /**< rows kept of y */
} genc_pool_f32_params;

/**
 * Mean or maximum of the elements of each window that lie inside the input; every window has one.
 * Sums are in float, line by line.
 * Semantics: TFLite AVERAGE_POOL_2D and MAX_POOL_2D float (reference/pooling.h).
 * @param x  float32 [N, in_h, in_w, channels]; a row is a line, rows count through the batch
 * @param y  float32 [N, out_h, out_w, channels], likewise
 */
void genc_pool_f32(const genc_pool_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_POOL_F32_H */
