/**
 * @file genc_max_pool_s8_dsp.h
 * @brief Largest element of each window, int8, for DSP cores: four channels at a time.
 */
#ifndef GENC_MAX_POOL_S8_DSP_H
#define GENC_MAX_POOL_S8_DSP_H

#include "genc_dsp.h"
#include "genc_pool.h"

/** Parameters of genc_max_pool_s8_dsp: four channels or more. */
typedef genc_pool_params genc_max_pool_s8_dsp_params;

/**
 * As genc_max_pool_s8.
 * @param x  int8 [N, in_h, in_w, channels], at any address; a row is a line, rows count through the batch
 * @param y  int8 [N, out_h, out_w, channels], likewise
 * Semantics: TFLite MAX_POOL_2D int8 (reference/integer_ops/pooling.h); x and y of one quantisation.
 */
void genc_max_pool_s8_dsp(const genc_max_pool_s8_dsp_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end);

#endif /* GENC_MAX_POOL_S8_DSP_H */
