/**
 * @file genc_cmsis_batch_matmul_s8.h
 * @brief Products of matrices, int8, by arm_batch_matmul_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_BATCH_MATMUL_S8_H
#define GENC_CMSIS_BATCH_MATMUL_S8_H

#include "genc_cmsis_batch_matmul.h"

typedef genc_cmsis_batch_matmul genc_cmsis_batch_matmul_s8_params;

/**
 * BATCH_MATMUL of two computed operands, the first not transposed; there is one row: all.
 * @param a        matrices [rows, depth]
 * @param b        matrices [depth, columns], or [columns, depth] when `transposed`
 * @param y        [batches, rows, columns]
 * @param scratch  sums of columns int32 where `sums_bytes` asks for them, then a matrix [columns, depth] unless `transposed`
 * Semantics: TFLite's BATCH_MATMUL; codegen.reference.batch_matmul.
 */
void genc_cmsis_batch_matmul_s8(const genc_cmsis_batch_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                               void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_BATCH_MATMUL_S8_H */
