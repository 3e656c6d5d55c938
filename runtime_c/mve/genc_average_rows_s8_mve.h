/**
 * @file genc_average_rows_s8_mve.h
 * @brief Mean of a whole image, int8, four channels at a time.
 */
#ifndef GENC_AVERAGE_ROWS_S8_MVE_H
#define GENC_AVERAGE_ROWS_S8_MVE_H

#include "genc_average_rows_s8.h"

/** As genc_average_rows_s8.h has it. */
typedef genc_average_rows_s8_params genc_average_rows_s8_mve_params;

/** The same as genc_average_rows_s8, byte for byte; arguments likewise. */
void genc_average_rows_s8_mve(const genc_average_rows_s8_mve_params *p, const int8_t *x, int8_t *y, void *scratch,
                              int32_t row_begin, int32_t row_end);

#endif /* GENC_AVERAGE_ROWS_S8_MVE_H */
