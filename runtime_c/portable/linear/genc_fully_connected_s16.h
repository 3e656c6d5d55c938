/**
 * @file genc_fully_connected_s16.h
 * @brief Matrix product of int16 activations and int8 weights: four outputs at a time.
 */
#ifndef GENC_FULLY_CONNECTED_S16_H
#define GENC_FULLY_CONNECTED_S16_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** y[row][o] = clamp(round((bias[o] + sum over k of x[row][k] * w[o][k]) * factor)). */
typedef struct {
    int32_t depth;          /**< K, elements of an input row */
    int32_t in_rows_held;   /**< rows of the input's ring */
    int32_t outputs;        /**< O, elements of an output row */
    int32_t out_rows_held;  /**< rows of the output's ring */
    int32_t low;            /**< smallest output */
    int32_t high;           /**< largest output */
    int32_t wraps;          /**< 1: the sum has 32 bits (int32 bias) */
    int32_t factor_step;    /**< 0: one factor for all outputs; 1: one each */
    const int8_t *weights;  /**< [blocks of 4 outputs][K][4] */
    const int64_t *bias;    /**< [O] */
    const double *factors;  /**< [1 or O]: one step of the sum, in steps of the output */
} genc_fully_connected_s16_params;

/**
 * FULLY_CONNECTED int16x8.  The product with the factor is in double, ties away from zero: TFLite's reference kernel
 * does so, and no integer multiplier of 32 bits gives the same 65,536 results.  It takes one of those per output.
 * @param in   int16 [rows, K]
 * @param out  int16 [rows, O]
 * Semantics: FullyConnected of TFLite's reference_integer_ops; codegen.reference.linear.fully_connected.
 */
void genc_fully_connected_s16(const genc_fully_connected_s16_params *p, const void *in, void *out, int32_t row_begin,
                              int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_FULLY_CONNECTED_S16_H */
