/**
 * @file genc_gates_s16_dsp.h
 * @brief Logistic and tanh of int16 from the table of genc_gate_table_s16.h, two at a time.
 */
#ifndef GENC_GATES_S16_DSP_H
#define GENC_GATES_S16_DSP_H

#include "genc_dsp.h"

/**
 * 1 / (1 + exp(-v)) of both lanes of every word, in place: Q3 to Q0.
 * @param v    words from here
 * @param end  to here, at least one
 * Semantics: genc_logistic_table_s16.
 */
void genc_logistic_lanes(const uint32_t *table, uint32_t *v, const uint32_t *end);

/**
 * tanh(v) of both lanes of every word, in place: Q(2 + doublings) to Q0.
 * @param doublings  0 ... 4
 * Semantics: genc_tanh_table_s16.
 */
void genc_tanh_lanes(const uint32_t *table, uint32_t *v, const uint32_t *end, int32_t doublings);

#endif /* GENC_GATES_S16_DSP_H */
