/**
 * @file genc_fully_connected_s8_dsp.h
 * @brief Matrix product, int8, for DSP cores: eight outputs at a time, in pairs that share the lanes of a word.
 */
#ifndef GENC_FULLY_CONNECTED_S8_DSP_H
#define GENC_FULLY_CONNECTED_S8_DSP_H

#include "genc_dsp.h"

/**
 * y[row][o] = clamp(zero_point + requantize(bias[o] + sum over k of x[row][k] * w[o][k])).
 *
 * Outputs A = 2i and B = 2i + 1 are a pair, lane = 256 * B + A, as in genc_tile_s8.h.  A group is four inputs, those
 * past the last one with weights of zero: two words, of inputs 0 and 2 and of inputs 1 and 3.
 */
typedef struct {
    int32_t depth;           /* K, bytes of an input row */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t outputs;         /* O, bytes of an output row */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t scale_step;      /* 0: one factor for all outputs; 3: one each */
    const uint32_t *weights; /* [blocks of 4 pairs][group][2 words][4], then [pair][group][2 words] of up to 3 more */
    const int32_t *bias;     /* [pair] {A, A + 256 * B}, input offset folded in, modulo 2^32 */
    const int32_t *scales;   /* [1 or O] {multiplier, add, shift}: y = (add + sum * multiplier / 2^32) >> shift */
} genc_fully_connected_s8_dsp_params;

/**
 * FULLY_CONNECTED int8, rounded once.
 * @param in   [rows, K]
 * @param out  [rows, O]
 * Semantics: TFLite's reference FullyConnected (MultiplyByQuantizedMultiplier with single rounding);
 * codegen.reference.linear.fully_connected.
 */
void genc_fully_connected_s8_dsp(const genc_fully_connected_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end);

#endif /* GENC_FULLY_CONNECTED_S8_DSP_H */
