/**
 * @file genc_count_above.h
 * @brief How many elements of each row lie above a threshold.
 */
#ifndef GENC_COUNT_ABOVE_H
#define GENC_COUNT_ABOVE_H

#include "genc_kernel.h"

typedef struct {
    int32_t depth;         /* elements of an input row, > 0 */
    int32_t threshold;     /* -128 ... 127 */
    int32_t in_rows_held;  /* rows of the input that are kept */
    int32_t out_rows_held; /* rows of the output that are kept */
} genc_count_above_params;

/**
 * @param p    parameters
 * @param in   [rows][depth], int8
 * @param out  [rows][1], int8, at most 127
 * @param row_begin, row_end  rows to compute
 */
void genc_count_above(const genc_count_above_params *p, const int8_t *in, int8_t *out, int32_t row_begin, int32_t row_end);

#endif /* GENC_COUNT_ABOVE_H */
