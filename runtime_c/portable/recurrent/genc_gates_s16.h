/**
 * @file genc_gates_s16.h
 * @brief Logistic and tanh in 16-bit fixed point, as TFLite's int8 LSTM computes them.
 *
 * A value in Qm has m integer bits and 15 - m fractional ones.
 * Semantics: gemmlowp's logistic and tanh of FixedPoint<int16_t, m>, called by ApplySigmoid and ApplyTanh of TFLite
 * (kernels/internal/reference/portable_tensor_utils.cc); codegen.reference.fixed_point_16.
 */
#ifndef GENC_GATES_S16_H
#define GENC_GATES_S16_H

#include "genc_kernel.h"

/** v[i] = 1 / (1 + exp(-v[i])): Q3 to Q0, count values. */
void genc_logistic_s16(int16_t *v, int32_t count);

/**
 * y[i] = tanh(x[i]): Q(integer_bits) to Q0.
 * @param x             count values
 * @param y             count values; may be x
 * @param integer_bits  0 ... 6
 */
void genc_tanh_s16(const int16_t *x, int16_t *y, int32_t count, int32_t integer_bits);

#endif /* GENC_GATES_S16_H */
