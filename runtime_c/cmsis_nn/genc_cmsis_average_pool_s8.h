/**
 * @file genc_cmsis_average_pool_s8.h
 * @brief Mean of each window, int8, by arm_avgpool_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_AVERAGE_POOL_S8_H
#define GENC_CMSIS_AVERAGE_POOL_S8_H

#include "genc_cmsis_pool.h"

typedef genc_cmsis_images genc_cmsis_average_pool_s8_params;

/**
 * AVERAGE_POOL_2D.
 * @param in       [batches, in_h, in_w, in_c], a ring of in_rows_held rows
 * @param out      [batches, out_h, out_w, in_c], a ring of out_rows_held rows
 * @param scratch  context_bytes, by the library's own rule for the core, then the rows gathered
 * Semantics: the mean of the elements that lie in the image, ties away from zero, as TFLite's.
 */
void genc_cmsis_average_pool_s8(const genc_cmsis_average_pool_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_AVERAGE_POOL_S8_H */
