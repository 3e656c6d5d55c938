#ifndef GENC_SCATTER_H
#define GENC_SCATTER_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Takes `count` elements of an update into y. */
typedef void (*genc_combine)(void *y, const void *update, int32_t count, int32_t bytes);

/** Writes them. */
static inline void genc_combine_none(void *y, const void *update, int32_t count, int32_t bytes)
{
    memcpy(y, update, (size_t)(count * bytes));
}

/** Defines `expression` of y's element a and the update's b as a way to combine them. */
#define GENC_COMBINE(name, TYPE, expression)                                             \
    static inline void name(void *y, const void *update, int32_t count, int32_t bytes)   \
    {                                                                                    \
        TYPE *out = (TYPE *)y;                                                           \
        const TYPE *in = (const TYPE *)update;                                           \
        (void)bytes;                                                                     \
        for (int32_t i = 0; i < count; i++) {                                            \
            const TYPE a = out[i], b = in[i];                                            \
            out[i] = (TYPE)(expression);                                                 \
        }                                                                                \
    }

/** All ways of a type; ARITHMETIC is the type that sums and products are computed in: integers wrap. */
#define GENC_COMBINATIONS(suffix, TYPE, ARITHMETIC)                                      \
    GENC_COMBINE(genc_combine_add_##suffix, TYPE, (ARITHMETIC)a + (ARITHMETIC)b)         \
    GENC_COMBINE(genc_combine_mul_##suffix, TYPE, (ARITHMETIC)a *(ARITHMETIC)b)          \
    GENC_COMBINE(genc_combine_max_##suffix, TYPE, a > b ? a : b)                         \
    GENC_COMBINE(genc_combine_min_##suffix, TYPE, a < b ? a : b)

GENC_COMBINATIONS(float32, float, float)
GENC_COMBINATIONS(int32, int32_t, uint32_t)
GENC_COMBINATIONS(int64, int64_t, uint64_t)

/** Parameters of genc_scatter, genc_scatter_fixed and genc_scatter_constant. */
typedef struct {
    const void *constant; /**< indices of genc_scatter_fixed, updates of genc_scatter_constant; else NULL */
    genc_combine combine; /**< how an update is taken into y */
    int32_t tuples;       /**< tuples of indices */
    int32_t depth;        /**< indices of a tuple */
    const int32_t *axes;  /**< depth pairs: size of the axis, bytes from one index to the next */
    int32_t index_bytes;  /**< of an index: 2, 4 or 8, signed */
    int32_t block;        /**< elements that a tuple names */
    int32_t bytes;        /**< of an element */
} genc_scatter_params;

/**
 * y[what tuple i of the indices names] = it combined with block i of the updates, one after the other; an index outside
 * its axis counts as the nearest inside.
 * Semantics: ScatterND of ONNX, SCATTER_ND of TFLite; codegen.reference.scatter.
 * @param indices  whole: tuples, depth
 * @param updates  whole: tuples, block; any element type, that of y
 * @param y        holds what is written over
 */
void genc_scatter(const genc_scatter_params *p, const void *indices, const void *updates, void *y, int32_t row_begin,
                  int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_SCATTER_H */
