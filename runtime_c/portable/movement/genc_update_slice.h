#ifndef GENC_UPDATE_SLICE_H
#define GENC_UPDATE_SLICE_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_update_slice and genc_update_slice_constant. */
typedef struct {
    const void *constant; /**< the update of genc_update_slice_constant; else NULL */
    int32_t depth;        /**< indices of start, the rank of y */
    const int32_t *axes;  /**< depth pairs: places that the update may have, bytes of y from one to the next */
    int32_t index_bytes;  /**< of an index of start: 4 or 8, signed */
    int32_t block;        /**< bytes that lie together in the update and in y */
    int32_t rank;         /**< dimensions of blocks, 1 ... 8 */
    const int32_t *dims;  /**< rank triples: size, step in the update, step in y; bytes */
} genc_update_slice_params;

/**
 * Writes the update over part of y; a start that would let it leave y counts as the nearest that does not.
 * Semantics: TFLite DYNAMIC_UPDATE_SLICE, whose operand lies in y already.
 * @param update  whole, any element type
 * @param start   [depth] indices of the update's first element
 * @param y       whole; one row
 */
void genc_update_slice(const genc_update_slice_params *p, const void *update, const void *start, void *y,
                       int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_UPDATE_SLICE_H */
