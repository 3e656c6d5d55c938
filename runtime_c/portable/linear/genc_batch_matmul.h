/**
 * @file genc_batch_matmul.h
 * @brief How the kernels of matrix products walk their operands: any strides, batches repeated where one has fewer.
 */
#ifndef GENC_BATCH_MATMUL_H
#define GENC_BATCH_MATMUL_H

#include "genc_kernel.h"

/** First fields of the parameters: y[m][n] = sum over k of a[m][k] * b[k][n], in every batch. */
#define GENC_BATCH_MATMUL_FIELDS                                                           \
    const void *constant;     /**< a or b, when known at compile time; else NULL */        \
    int32_t constant_is_a;    /**< 1 when it is a */                                       \
    int32_t batches;          /**< matrices of y */                                        \
    const int32_t *a_batches; /**< first element of a's matrix of each batch */            \
    const int32_t *b_batches; /**< first element of b's matrix of each batch */            \
    int32_t rows;             /**< of y: m */                                              \
    int32_t columns;          /**< of y: n */                                              \
    int32_t depth;            /**< elements of a sum: k */                                 \
    int32_t a_row_step;       /**< elements from one row of a to the next */               \
    int32_t a_depth_step;     /**< elements from one of a's elements in a sum to the next */ \
    int32_t b_depth_step;     /**< the same of b */                                        \
    int32_t b_column_step;    /**< elements from one column of b to the next */

#endif /* GENC_BATCH_MATMUL_H */
