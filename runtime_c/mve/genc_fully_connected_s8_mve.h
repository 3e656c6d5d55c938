/**
 * @file genc_fully_connected_s8_mve.h
 * @brief Matrix product, int8: four outputs at a time, sixteen inputs an instruction.
 */
#ifndef GENC_FULLY_CONNECTED_S8_MVE_H
#define GENC_FULLY_CONNECTED_S8_MVE_H

#include "genc_kernel.h"

/**
 * The factor of an output is multiplier * 2^(left + shift - 32), with a shift of -1 or less: then the upper half of
 * the product, plus half a unit, shifted, is what one rounding of the whole product gives, bit for bit.
 */
typedef struct {
    int32_t depth;         /* elements of an input row, K > 0 */
    int32_t in_rows_held;  /* rows of the input's ring */
    int32_t outputs;       /* elements of an output row, O > 0 */
    int32_t out_rows_held; /* rows of the output's ring */
    int32_t left;          /* what sums are shifted to the left before they are multiplied, inside int32 */
    int32_t low;           /* smallest output */
    int32_t high;          /* largest output */
    int32_t scale_step;    /* 0: one scale for all outputs; 12: one for each */
    const int8_t *weights; /* [blocks of 4 outputs][depth / 16, rounded up][4][16], filled up with zeros */
    const int32_t *bias;   /* [blocks * 4], input offset folded in, modulo 2^32 */
    const int32_t *scales; /* of all or of each block: multiplier[4], 2^(-shift - 1) + zero_point * 2^-shift [4], shift[4] */
} genc_fully_connected_s8_mve_params;

/**
 * FULLY_CONNECTED int8, rounded once.
 * @param in   [rows][depth]
 * @param out  [rows][outputs]
 * @param row_begin, row_end  rows to compute
 * Semantics: codegen.reference.linear.fully_connected.
 */
void genc_fully_connected_s8_mve(const genc_fully_connected_s8_mve_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end);

#endif /* GENC_FULLY_CONNECTED_S8_MVE_H */
