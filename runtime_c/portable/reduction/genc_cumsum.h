#ifndef GENC_CUMSUM_H
#define GENC_CUMSUM_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Adds the element of x at an index to the one of another array at another: how sums run. */
typedef void (*genc_add_to)(void *sum, const void *before, const void *x);

/** sum = before + x. */
static inline void genc_add_to_f32(void *sum, const void *before, const void *x)
{
    *(float *)sum = *(const float *)before + *(const float *)x;
}

/** sum = before + x, wrapping. */
static inline void genc_add_to_i32(void *sum, const void *before, const void *x)
{
    *(int32_t *)sum = (int32_t)((uint32_t)(*(const int32_t *)before) + (uint32_t)(*(const int32_t *)x));
}

/** sum = before + x, wrapping. */
static inline void genc_add_to_i64(void *sum, const void *before, const void *x)
{
    *(int64_t *)sum = (int64_t)((uint64_t)(*(const int64_t *)before) + (uint64_t)(*(const int64_t *)x));
}

/** Parameters of genc_cumsum. */
typedef struct {
    genc_add_to add;   /**< of the element type */
    int32_t outer;     /**< positions before the axis */
    int32_t length;    /**< of the axis */
    int32_t inner;     /**< positions behind the axis */
    int32_t bytes;     /**< of an element */
    int32_t exclusive; /**< 1 when a sum leaves its own element out */
    int32_t reverse;   /**< 1 when sums run from the end */
} genc_cumsum_params;

/**
 * Running sums along one axis.
 * Semantics: TFLite CUMSUM (reference/cumsum.h).
 * @param x  float32, int32 or int64: outer, length, inner; whole
 * @param y  the same type and shape; one row
 */
void genc_cumsum(const genc_cumsum_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_CUMSUM_H */
