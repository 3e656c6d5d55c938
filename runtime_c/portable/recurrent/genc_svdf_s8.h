/**
 * @file genc_svdf_s8.h
 * @brief SVDF int8, state int8 or int16: a matrix product whose last results are kept and filtered over time.
 */
#ifndef GENC_SVDF_S8_H
#define GENC_SVDF_S8_H

#include "genc_kernel.h"

/**
 * The entries of a filter's memory move on by one, the newest is state_zero + clamp(requantize(sum of x * w));
 * y = clamp(y_zero + requantize(bias + sum over `rank` filters and their memory of state * time weights)).
 */
typedef struct {
    int32_t x_held;                 /* rows kept of x */
    int32_t state_held;             /* rows kept of the state */
    int32_t y_held;                 /* rows kept of y */
    int32_t next_held;              /* rows kept of the next state */
    int32_t depth;                  /* I, elements of a row of x */
    int32_t filters;                /* F */
    int32_t memory;                 /* M */
    int32_t rank;                   /* filters of an output */
    int32_t state_bytes;            /* of an element of the state and of the time weights, 1 or 2 */
    const uint8_t *feature_weights; /* [blocks of 4 filters][I][4], 128 more than the model's */
    const int32_t *feature_bias;    /* [blocks of 4 filters][4]: the input's zero point */
    int32_t feature_multiplier;     /* from sums to the state's scale */
    int32_t feature_shift;          /* positive to the left */
    int32_t state_zero;             /* zero point of the state */
    const void *time_weights;       /* [F][M], int8 or int16 */
    const int32_t *bias;            /* [F / rank], the state's zero point folded in, modulo 2^32 */
    int32_t time_multiplier;        /* from sums to y */
    int32_t time_shift;             /* positive to the left */
    int32_t y_zero;                 /* zero point of y */
} genc_svdf_s8_params;

/**
 * SVDF int8; a row is a batch.
 * @param x      [rows, I]
 * @param state  [rows, F, M], oldest entry first
 * @param y      [rows, F / rank]
 * @param next   [rows, F, M]; may be `state`
 * Semantics: EvalIntegerSvdfReference of TFLM (micro/kernels/svdf_common.cc); codegen.reference.recurrent.svdf.
 */
void genc_svdf_s8(const genc_svdf_s8_params *p, const int8_t *x, const void *state, int8_t *y, void *next,
                  int32_t row_begin, int32_t row_end);

#endif /* GENC_SVDF_S8_H */
