#ifndef GENC_GATHER_H
#define GENC_GATHER_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_gather, genc_gather_table and genc_gather_fixed. */
typedef struct {
    const void *constant;  /**< x of genc_gather_table, indices of genc_gather_fixed; else NULL */
    int32_t batches;       /**< parts with x and indices of their own */
    int32_t x_batch_bytes; /**< of a batch of x */
    int32_t outers;        /**< parts of a batch of x that share the indices */
    int32_t x_outer_bytes; /**< of such a part */
    int32_t positions;     /**< tuples of indices of a batch */
    int32_t depth;         /**< indices of a tuple */
    const int32_t *axes;   /**< depth pairs: size of the axis, bytes from one index to the next */
    int32_t index_bytes;   /**< of an index: 2, 4 or 8, signed */
    int32_t block;         /**< bytes that a tuple names */
} genc_gather_params;

/**
 * y[batch][outer][position] = the block of x that the position's indices name; an index outside its axis counts as the
 * nearest inside (TFLite refuses it at run time).
 * Semantics: TFLite GATHER, GATHER_ND, EMBEDDING_LOOKUP.
 * @param x        whole, any element type
 * @param indices  whole: batches, positions, depth
 * @param y        batches, outers, positions, block; one row
 */
void genc_gather(const genc_gather_params *p, const void *x, const void *indices, void *y, int32_t row_begin,
                 int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_GATHER_H */
