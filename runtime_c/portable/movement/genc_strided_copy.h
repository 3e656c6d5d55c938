#ifndef GENC_STRIDED_COPY_H
#define GENC_STRIDED_COPY_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Copies a box of blocks between two layouts; serves the kernels that move elements.
 * @param y      where the first block goes
 * @param x      where it comes from; does not overlap y
 * @param block  bytes that lie together in both
 * @param rank   dimensions of the box, 1 ... 8
 * @param dims   rank triples, outermost first: size, step in x, step in y; steps in bytes, perhaps negative
 */
void genc_strided_copy(int8_t *y, const int8_t *x, int32_t block, int32_t rank, const int32_t *dims);

/** memcpy; words by words where both addresses are multiples of four: some C libraries copy byte by byte. */
void genc_copy_block(int8_t *GENC_RESTRICT y, const int8_t *GENC_RESTRICT x, int32_t bytes);

#ifdef __cplusplus
}
#endif
#endif /* GENC_STRIDED_COPY_H */
