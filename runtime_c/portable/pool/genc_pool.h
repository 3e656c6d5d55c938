/**
 * @file genc_pool.h
 * @brief Geometry of a pooling window, for the pools.
 */
#ifndef GENC_POOL_H
#define GENC_POOL_H

#include "genc_kernel.h"

/** Parameters of a pool. */
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
    int32_t offset;   /**< means have ties away from -offset; not for maxima */
    int32_t x_held;   /**< rows kept of x */
    int32_t y_held;   /**< rows kept of y */
} genc_pool_params;

/** A window, clipped to the input: rows [top, bottom), counted through the batch, and columns [left, right). */
typedef struct {
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} genc_pool_window;

/** The window of output row `row`, counted through the batch, and column `column`. */
static inline genc_pool_window genc_pool_window_at(const genc_pool_params *p, int32_t row, int32_t column)
{
    const int32_t image = row / p->out_h * p->in_h;
    const int32_t top = row % p->out_h * p->stride_h - p->pad_top;
    const int32_t left = column * p->stride_w - p->pad_left;
    genc_pool_window window;
    window.top = image + genc_clamp(top, 0, p->in_h);
    window.bottom = image + genc_clamp(top + p->kernel_h, 0, p->in_h);
    window.left = genc_clamp(left, 0, p->in_w);
    window.right = genc_clamp(left + p->kernel_w, 0, p->in_w);
    return window;
}

/** First channel of row `row` of a window. */
static inline const int8_t *genc_pool_row(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window,
                                          int32_t row)
{
    return genc_row(x, row, p->x_held, p->in_w * p->channels) + window->left * p->channels;
}

#endif /* GENC_POOL_H */
