/**
 * @file genc_nnom_fully_connected_q7.h
 * @brief Matrix product, q7, by local_fully_connected_q7 of NNoM.
 */
#ifndef GENC_NNOM_FULLY_CONNECTED_Q7_H
#define GENC_NNOM_FULLY_CONNECTED_Q7_H

#include "genc_nnom.h"

/** y[row][o] = (sum over k of x[row][k] * w[o][k] + (bias[o] << bias_shift) + half) >> out_shift, saturated. */
typedef struct {
    int32_t rows;
    int32_t depth;         /* K, elements of an input row */
    int32_t outputs;       /* O, elements of an output row */
    int32_t rectified;     /* 1: outputs are limited to 0 ... high */
    int32_t high;          /* largest output; 127 unless rectified */
    const int8_t *weights; /* [O][K] */
    const int8_t *bias;    /* [O] */
    int32_t bias_shift;    /* to the left */
    int32_t out_shift;     /* to the right */
} genc_nnom_fully_connected_q7_params;

/**
 * FULLY_CONNECTED with one scale of weights, all rows in one call.
 * @param in   [rows, K]
 * @param out  [rows, O]
 * Semantics: NNoM's; codegen.backends.nnom.linear.  Its twin with reordered weights (_opt) is not called: it takes the
 * first biases again for what is left of four outputs.
 */
void genc_nnom_fully_connected_q7(const genc_nnom_fully_connected_q7_params *p, const int8_t *in, int8_t *out,
                                  int32_t row_begin, int32_t row_end);

#endif /* GENC_NNOM_FULLY_CONNECTED_Q7_H */
