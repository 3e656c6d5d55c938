/**
 * @file genc_cmsis_softmax_s8.h
 * @brief SOFTMAX, int8, by arm_softmax_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_SOFTMAX_S8_H
#define GENC_CMSIS_SOFTMAX_S8_H

#include <arm_nnfunctions.h>
#include <stdint.h>

typedef struct {
    int32_t depth;
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    int32_t multiplier;        /* of the differences to the largest, in Q5.26 */
    int32_t shift;             /* to the left */
    int32_t diff_min;          /* smaller differences count as zero */
} genc_cmsis_softmax_s8_params;

/**
 * SOFTMAX of distributions, a row each; the output has scale 1/256 and zero point -128.
 * @param in   [rows, depth], a ring of in_rows_held
 * @param out  [rows, depth], a ring of out_rows_held; may be the input
 * Semantics: TFLite's SOFTMAX, exponentials and reciprocal in fixed point.
 */
void genc_cmsis_softmax_s8(const genc_cmsis_softmax_s8_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                           int32_t row_end);

#endif /* GENC_CMSIS_SOFTMAX_S8_H */
