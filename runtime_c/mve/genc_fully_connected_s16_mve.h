/**
 * @file genc_fully_connected_s16_mve.h
 * @brief Matrix product of int16 activations and int8 weights: four outputs at a time, eight inputs an instruction.
 */
#ifndef GENC_FULLY_CONNECTED_S16_MVE_H
#define GENC_FULLY_CONNECTED_S16_MVE_H

#include "genc_kernel.h"

/** y[row][o] = clamp(round((bias[o] + sum over k of x[row][k] * w[o][k]) * factor)); sums are inside int32. */
typedef struct {
    int32_t depth;         /* K, elements of an input row */
    int32_t in_rows_held;  /* rows of the input's ring */
    int32_t outputs;       /* O, elements of an output row */
    int32_t out_rows_held; /* rows of the output's ring */
    int32_t low;           /* smallest output */
    int32_t high;          /* largest output */
    int32_t factor_step;   /* 0: one factor for all outputs; 1: one each */
    const int8_t *weights; /* [blocks of 4 outputs][K / 8, rounded up][4][8], filled up with zeros */
    const int32_t *bias;   /* [blocks of 4 outputs][4] */
    const double *factors; /* [1 or O]: one step of the sum, in steps of the output */
} genc_fully_connected_s16_mve_params;

/**
 * FULLY_CONNECTED int16x8; scaled in double, ties away from zero, as genc_fully_connected_s16 explains.
 * @param in   int16 [rows, K]
 * @param out  int16 [rows, O]
 * Semantics: FullyConnected of TFLite's reference_integer_ops; codegen.reference.linear.fully_connected.
 */
void genc_fully_connected_s16_mve(const genc_fully_connected_s16_mve_params *p, const void *in, void *out,
                                  int32_t row_begin, int32_t row_end);

#endif /* GENC_FULLY_CONNECTED_S16_MVE_H */
