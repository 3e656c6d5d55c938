/**
 * @file genc_svdf_s8_dsp.h
 * @brief SVDF int8, state int8 or int16, for DSP cores: four filters at a time, in pairs that share the lanes of a word.
 */
#ifndef GENC_SVDF_S8_DSP_H
#define GENC_SVDF_S8_DSP_H

#include "genc_dsp.h"

/**
 * The layer of genc_svdf_s8.h.  Filters A = 2i and B = 2i + 1 are a pair, lane = 256 * B + A, as in genc_tile_s8.h;
 * filters past the last one have weights of zero.  A group is four inputs, those past the last one with weights of
 * zero: two words, of inputs 0 and 2 and of inputs 1 and 3.
 */
typedef struct {
    int32_t x_held;              /* rows kept of x */
    int32_t state_held;          /* rows kept of the state */
    int32_t y_held;              /* rows kept of y */
    int32_t next_held;           /* rows kept of the next state */
    int32_t depth;               /* I, elements of a row of x */
    int32_t filters;             /* F */
    int32_t memory;              /* M */
    int32_t rank;                /* filters of an output */
    int32_t state_bytes;         /* of an element of the state and of the time weights, 1 or 2 */
    const uint32_t *stream;      /* [blocks of 4 filters]{biases [2 pairs]{A, A + 256 * B} with the zero point of x
                                    folded in; weights [groups][2 pairs][2 words]} */
    int32_t feature_left;        /* shift of the sums, 0 ... 30, then */
    int32_t feature_multiplier;  /* from them to the state's scale, 0 ... 2^31 - 1, then */
    int32_t feature_right;       /* to the right, 0 ... 30 */
    int32_t state_zero;          /* zero point of the state */
    const void *time_weights;    /* [F][M], int8 or int16 */
    const int32_t *bias;         /* [F / rank], the state's zero point folded in, modulo 2^32 */
    int32_t time_multiplier;     /* from sums to y */
    int32_t time_shift;          /* positive to the left */
    int32_t y_zero;              /* zero point of y */
} genc_svdf_s8_dsp_params;

/**
 * SVDF int8; a row is a batch.
 * @param x      [rows, I]
 * @param state  [rows, F, M], oldest entry first
 * @param y      [rows, F / rank]
 * @param next   [rows, F, M]; may be `state`
 * Semantics: EvalIntegerSvdfReference of TFLM (micro/kernels/svdf_common.cc); codegen.reference.recurrent.svdf.
 */
void genc_svdf_s8_dsp(const genc_svdf_s8_dsp_params *p, const int8_t *x, const void *state, int8_t *y, void *next,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_SVDF_S8_DSP_H */
