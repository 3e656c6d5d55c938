/**
 * @file genc_matrix_product.h
 * @brief What the products of an activation with weights that are computed at run time share.
 */
#ifndef GENC_MATRIX_PRODUCT_H
#define GENC_MATRIX_PRODUCT_H

#include "genc_kernel.h"

/** Parameters of genc_matrix_product_s8 and _u8. */
typedef struct {
    int32_t depth;       /**< elements of a row of x and of w */
    int32_t x_held;      /**< rows kept of x */
    int32_t outputs;     /**< rows of w, elements of a row of y */
    int32_t y_held;      /**< rows kept of y */
    int32_t x_zero;      /**< zero point of x */
    int32_t w_zero;      /**< zero point of w */
    const int32_t *bias; /**< one for each output, or NULL */
    int32_t multiplier;  /**< of a sum: scale of x * scale of w / scale of y */
    int32_t right;       /**< its shift to the right, 1 ... 62 */
    int32_t y_zero;      /**< zero point of y */
    int32_t low;         /**< smallest y */
    int32_t high;        /**< largest y */
} genc_matrix_product_params;

/** A sum in steps of y, rounded once, limited. */
static inline int32_t genc_matrix_product_output(const genc_matrix_product_params *p, int32_t sum)
{
    const int64_t value = ((int64_t)sum * p->multiplier + ((int64_t)1 << (p->right - 1))) >> p->right;
    if (value < p->low - p->y_zero) return p->low;
    return value > p->high - p->y_zero ? p->high : (int32_t)value + p->y_zero;
}

#endif /* GENC_MATRIX_PRODUCT_H */
