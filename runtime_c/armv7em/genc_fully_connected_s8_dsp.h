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
 * past the last one with weights of zero: two words, of inputs 0 and 2 and of inputs 1 and 3.  A scale is three words:
 * y = (add + sum * multiplier / 2^32) >> shift.
 *
 * The stream holds all constants in the order in which they are used.  A block is four pairs, the last one perhaps
 * without its B: [4 pairs]{bias of A, that + 256 * bias of B}, [group][2 words][4 pairs] weights, [outputs] scales if
 * there is one each.  Behind the blocks come up to three pairs, in the same way but one by one.  Input offsets are
 * folded into the biases, modulo 2^32.
 */
typedef struct {
    int32_t depth;          /* K, bytes of an input row */
    int32_t in_rows_held;   /* rows of the input's ring */
    int32_t outputs;        /* O, bytes of an output row */
    int32_t out_rows_held;  /* rows of the output's ring */
    int32_t blocked;        /* outputs in blocks */
    int32_t low;            /* smallest output */
    int32_t high;           /* largest output */
    const int32_t *scale;   /* {multiplier, add, shift} of all outputs; NULL: in the stream */
    const uint32_t *stream;
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
