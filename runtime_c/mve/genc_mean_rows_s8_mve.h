/**
 * @file genc_mean_rows_s8_mve.h
 * @brief MEAN over lines and columns, int8, four channels at a time.
 */
#ifndef GENC_MEAN_ROWS_S8_MVE_H
#define GENC_MEAN_ROWS_S8_MVE_H

#include "genc_mean_rows_s8.h"

/** As genc_mean_rows_s8.h has it. */
typedef genc_mean_rows_s8_params genc_mean_rows_s8_mve_params;

/** The same as genc_mean_rows_s8, byte for byte; arguments likewise. */
void genc_mean_rows_s8_mve(const genc_mean_rows_s8_mve_params *p, const int8_t *x, int8_t *y, void *scratch,
                           int32_t row_begin, int32_t row_end);

#endif /* GENC_MEAN_ROWS_S8_MVE_H */
