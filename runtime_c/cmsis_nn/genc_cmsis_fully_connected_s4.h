/**
 * @file genc_cmsis_fully_connected_s4.h
 * @brief Matrix product, int8 by weights of 4 bits, by arm_fully_connected_s4 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_FULLY_CONNECTED_S4_H
#define GENC_CMSIS_FULLY_CONNECTED_S4_H

#include "genc_cmsis_images.h"

/** y[row][o] = clamp(zero_point + requantize(bias[o] + sum over k of (x[row][k] + input_offset) * w[o][k])). */
typedef struct {
    int32_t depth;             /* K, bytes of an input row */
    int32_t outputs;           /* O, bytes of an output row */
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    int32_t input_offset;      /* minus the zero point of the input */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    int32_t multiplier;
    int32_t shift;             /* positive to the left */
    const int8_t *weights;     /* [O][K], two to a byte, the first in the low half, with no gap between rows */
    const int32_t *bias;       /* [O] */
} genc_cmsis_fully_connected_s4_params;

/**
 * FULLY_CONNECTED, a row in each call of the library.
 * @param in   [rows, K]
 * @param out  [rows, O]
 * Semantics: the library rounds twice, TFLite once; multiplier, shift and bias are such that both are the same
 * for every sum that can occur (codegen/backends/two_roundings.py).
 */
void genc_cmsis_fully_connected_s4(const genc_cmsis_fully_connected_s4_params *p, const int8_t *in, int8_t *out,
                                   int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_FULLY_CONNECTED_S4_H */
