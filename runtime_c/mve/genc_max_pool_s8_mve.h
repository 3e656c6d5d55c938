/**
 * @file genc_max_pool_s8_mve.h
 * @brief Maxima of windows, int8, sixteen channels at a time.
 */
#ifndef GENC_MAX_POOL_S8_MVE_H
#define GENC_MAX_POOL_S8_MVE_H

#include "genc_max_pool_s8.h"

/** As genc_max_pool_s8.h has it. */
typedef genc_max_pool_s8_params genc_max_pool_s8_mve_params;

/** The same as genc_max_pool_s8, byte for byte; arguments likewise. */
void genc_max_pool_s8_mve(const genc_max_pool_s8_mve_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end);

#endif /* GENC_MAX_POOL_S8_MVE_H */
