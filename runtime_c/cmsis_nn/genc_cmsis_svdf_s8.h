/**
 * @file genc_cmsis_svdf_s8.h
 * @brief SVDF, int8 with a state of int8, by arm_svdf_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_SVDF_S8_H
#define GENC_CMSIS_SVDF_S8_H

#include "genc_cmsis_svdf.h"

typedef genc_cmsis_svdf genc_cmsis_svdf_s8_params;

/**
 * SVDF, all batches in one call: there is one row.
 * @param x        [B, I]
 * @param state    [B, F, M], zero point 0
 * @param y        [B, F / rank]
 * @param next     [B, F, M]; may be `state`
 * @param scratch  B * (F + F / rank) int32
 * Semantics: TFLite's and TFLM's SVDF; codegen.reference.recurrent.svdf.
 */
void genc_cmsis_svdf_s8(const genc_cmsis_svdf_s8_params *p, const int8_t *x, const int8_t *state, int8_t *y, int8_t *next,
                   void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_SVDF_S8_H */
