/**
 * @file genc_requantize_int_mve.h
 * @brief From one integer type and quantisation to another, four elements at a time.
 */
#ifndef GENC_REQUANTIZE_INT_MVE_H
#define GENC_REQUANTIZE_INT_MVE_H

#include "genc_requantize_int.h"

/** As genc_requantize_int.h has it. */
typedef genc_requantize_int_params genc_requantize_int_mve_params;

/** The same as genc_requantize_int, byte for byte; arguments likewise. */
void genc_requantize_int_mve(const genc_requantize_int_mve_params *p, const void *x, void *y, int32_t row_begin,
                             int32_t row_end);

#endif /* GENC_REQUANTIZE_INT_MVE_H */
