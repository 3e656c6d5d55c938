/**
 * @file genc_svdf_hybrid.h
 * @brief SVDF, float32 with int8 feature weights: a matrix product whose last results are kept and filtered over time.
 */
#ifndef GENC_SVDF_HYBRID_H
#define GENC_SVDF_HYBRID_H

#include "genc_float.h"

/**
 * The entries of a filter's memory move on by one, the newest is the sum of x * w;
 * y = clamp(bias + sum over `rank` filters and their memory of state * time weights).
 */
typedef struct {
    int32_t x_held;               /* rows kept of x */
    int32_t state_held;           /* rows kept of the state */
    int32_t y_held;               /* rows kept of y */
    int32_t next_held;            /* rows kept of the next state */
    int32_t depth;                /* I, elements of a row of x */
    int32_t filters;              /* F */
    int32_t memory;               /* M */
    int32_t rank;                 /* filters of an output */
    const int8_t *feature_weights; /* [F][I] */
    float feature_scale;          /* of the feature weights */
    int32_t asymmetric;           /* how x is quantised: with a zero point, or without */
    const float *time_weights;    /* [F][M] */
    const float *bias;            /* [F / rank], or NULL */
    float low;                    /* smallest y */
    float high;                   /* largest y */
} genc_svdf_hybrid_params;

/**
 * SVDF float32, x quantised to 8 bits, batch by batch.
 * @param x      [rows, I]
 * @param state  [rows, F, M], oldest entry first
 * @param y      [rows, F / rank]
 * @param next   [rows, F, M]; may be `state`
 * @param scratch  I bytes
 * Semantics: EvalHybridSVDF of TFLite (kernels/internal/reference/svdf.h); codegen.reference.recurrent.svdf.
 */
void genc_svdf_hybrid(const genc_svdf_hybrid_params *p, const float *x, const float *state, float *y, float *next,
                      void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_SVDF_HYBRID_H */
