#ifndef GENC_TOP_K_H
#define GENC_TOP_K_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Whether element a comes before element b. */
typedef int32_t (*genc_better)(const void *a, const void *b);

/** The orders of a type: largest first, smallest first. */
#define GENC_ORDERS(suffix, TYPE)                                                  \
    static inline int32_t genc_above_##suffix(const void *a, const void *b)        \
    {                                                                              \
        return *(const TYPE *)a > *(const TYPE *)b;                                \
    }                                                                              \
    static inline int32_t genc_below_##suffix(const void *a, const void *b)        \
    {                                                                              \
        return *(const TYPE *)a < *(const TYPE *)b;                                \
    }

GENC_ORDERS(bool, uint8_t)
GENC_ORDERS(int8, int8_t)
GENC_ORDERS(uint8, uint8_t)
GENC_ORDERS(int16, int16_t)
GENC_ORDERS(int32, int32_t)
GENC_ORDERS(int64, int64_t)
GENC_ORDERS(float32, float)

/** Parameters of genc_top_k. */
typedef struct {
    genc_better better;   /**< the order of the values */
    int32_t depth;        /**< elements of a row of x */
    int32_t k;            /**< elements of a row of values and indices, 1 ... depth */
    int32_t bytes;        /**< of an element of x and values */
    int32_t index_bytes;  /**< of an index: 4 or 8 */
    int32_t x_held;       /**< rows kept of x */
    int32_t y_held;       /**< rows kept of values */
    int32_t indices_held; /**< rows kept of indices */
} genc_top_k_params;

/**
 * The k first elements of each row in an order, and where they are; of equal ones the first comes first.
 * Semantics: TopK of ONNX, TOPK_V2 of TFLite; codegen.reference.scatter.
 * @param x        rows of any element type
 * @param values   rows of the same type
 * @param indices  rows of int32 or int64
 */
void genc_top_k(const genc_top_k_params *p, const void *x, void *values, void *indices, int32_t row_begin,
                int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_TOP_K_H */
