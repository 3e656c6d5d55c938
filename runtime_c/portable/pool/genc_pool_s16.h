#ifndef GENC_POOL_S16_H
#define GENC_POOL_S16_H

#include "genc_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_pool_s16: as genc_pool_params, but `channels` counts bytes; offset 0: mean, 1: maximum. */
typedef genc_pool_params genc_pool_s16_params;

/**
 * Mean (ties away from zero) or maximum of the elements of each window that lie inside the input.
 * Semantics: TFLite AVERAGE_POOL_2D and MAX_POOL_2D int16 (reference/integer_ops/pooling.h).
 * @param x  int16 [N, in_h, in_w, channels / 2]; a row is a line, rows count through the batch
 * @param y  int16 [N, out_h, out_w, channels / 2], likewise
 */
void genc_pool_s16(const genc_pool_s16_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_POOL_S16_H */
