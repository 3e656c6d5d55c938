/**
 * @file genc_average_pool_s8_mve.h
 * @brief Means of windows, int8, four channels at a time.
 */
#ifndef GENC_AVERAGE_POOL_S8_MVE_H
#define GENC_AVERAGE_POOL_S8_MVE_H

#include "genc_average_pool_s8.h"

/** As genc_average_pool_s8.h has it. */
typedef genc_average_pool_s8_params genc_average_pool_s8_mve_params;

#define GENC_AREA_MOST 2048 /* elements of a window: larger ones have no reciprocal that is exact enough */

/** The same as genc_average_pool_s8 for windows of at most GENC_AREA_MOST elements, byte for byte; arguments likewise. */
void genc_average_pool_s8_mve(const genc_average_pool_s8_mve_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                              int32_t row_end);

#endif /* GENC_AVERAGE_POOL_S8_MVE_H */
