#ifndef GENC_AVERAGE_POOL_S8_H
#define GENC_AVERAGE_POOL_S8_H

#include "genc_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_average_pool_s8. */
typedef genc_pool_params genc_average_pool_s8_params;

/**
 * Mean of the elements of each window that lie inside the input, ties away from -offset; every window has one.
 * Semantics: TFLite AVERAGE_POOL_2D int8 (reference/integer_ops/pooling.h); x and y of one quantisation.
 * @param x  int8 [N, in_h, in_w, channels]; a row is a line, rows count through the batch
 * @param y  int8 [N, out_h, out_w, channels], likewise
 */
void genc_average_pool_s8(const genc_average_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_AVERAGE_POOL_S8_H */
