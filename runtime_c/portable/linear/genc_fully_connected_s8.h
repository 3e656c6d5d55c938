/**
 * @file genc_fully_connected_s8.h
 * @brief Matrix product, int8: eight outputs at a time.
 */
#ifndef GENC_FULLY_CONNECTED_S8_H
#define GENC_FULLY_CONNECTED_S8_H

#include "genc_kernel.h"

/** y[row][o] = clamp(zero_point + requantize(bias[o] + sum over k of x[row][k] * w[o][k])). */
typedef struct {
    int32_t depth;             /* K, bytes of an input row */
    int32_t in_rows_held;      /* rows of the input's ring */
    int32_t outputs;           /* O, bytes of an output row */
    int32_t out_rows_held;     /* rows of the output's ring */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    int32_t scale_step;        /* 0: one factor for all outputs; 2: one each */
    int32_t weights_offset;    /* what every weight has too much: unsigned bytes are cheap to load on every core */
    const uint8_t *weights;    /* as genc_dot_s8.h has them */
    const int32_t *bias;       /* [O up to a multiple of 4], input offset folded in, modulo 2^32 */
    const int32_t *scales;     /* [1 or as many]{multiplier, shift to the right, 1 ... 62} */
} genc_fully_connected_s8_params;

/**
 * FULLY_CONNECTED int8, rounded once: (sum * multiplier + half) >> shift in 64 bits.
 * @param in   [rows, K]
 * @param out  [rows, O]
 * Semantics: TFLite's reference FullyConnected (MultiplyByQuantizedMultiplier with single rounding);
 * codegen.reference.linear.fully_connected.
 */
void genc_fully_connected_s8(const genc_fully_connected_s8_params *p, const int8_t *in, int8_t *out,
                             int32_t row_begin, int32_t row_end);

#endif /* GENC_FULLY_CONNECTED_S8_H */
