/**
 * @file genc_softmax_s8_mve.h
 * @brief Softmax, int8 to int8, four elements at a time.
 */
#ifndef GENC_SOFTMAX_S8_MVE_H
#define GENC_SOFTMAX_S8_MVE_H

#include "genc_softmax_s8.h"

/** As genc_softmax_s8.h has it; y_bytes is 1, and depth at most 4096: the sum of exponentials has 32 bits. */
typedef genc_softmax_s8_params genc_softmax_s8_mve_params;

/** The same as genc_softmax_s8, byte for byte; arguments likewise. */
void genc_softmax_s8_mve(const genc_softmax_s8_mve_params *p, const int8_t *x, void *y, int32_t row_begin,
                         int32_t row_end);

#endif /* GENC_SOFTMAX_S8_MVE_H */
