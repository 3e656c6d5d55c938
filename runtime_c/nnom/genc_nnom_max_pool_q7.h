/**
 * @file genc_nnom_max_pool_q7.h
 * @brief Maximum of a window, q7, by local_maxpool_q7_HWC of NNoM.
 */
#ifndef GENC_NNOM_MAX_POOL_Q7_H
#define GENC_NNOM_MAX_POOL_Q7_H

#include "genc_nnom.h"

typedef genc_nnom_window genc_nnom_max_pool_q7_params;

/**
 * MAX_POOL_2D; exact.
 * @param in   [batches, in_h, in_w, channels]
 * @param out  [batches, out_h, out_w, channels]
 * There is one row: a call computes all.
 */
void genc_nnom_max_pool_q7(const genc_nnom_max_pool_q7_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                           int32_t row_end);

#endif /* GENC_NNOM_MAX_POOL_Q7_H */
