/**
 * @file genc_gates_f32.h
 * @brief Functions of the gates of recurrent layers, float32.
 *
 * A function is a field of the parameters; it is `static inline`, so that a model contains those it names and no
 * others.  Semantics: the activations of ONNX's RNN, GRU and LSTM; codegen.reference.recurrent.
 */
#ifndef GENC_GATES_F32_H
#define GENC_GATES_F32_H

#include <math.h>

#include "genc_exp.h"

/** Function of a gate: of x and its two numbers. */
typedef float (*genc_gate_function)(float x, float alpha, float beta);

/** Defines `expression` of x, alpha and beta as the function of a gate. */
#define GENC_GATE_FUNCTION(name, expression)                        \
    static inline float name(float x, float alpha, float beta)      \
    {                                                               \
        (void)alpha;                                                \
        (void)beta;                                                 \
        return expression;                                          \
    }

GENC_GATE_FUNCTION(genc_gate_affine, alpha *x + beta)
GENC_GATE_FUNCTION(genc_gate_elu, x > 0.0f ? x : alpha * expm1f(x))
GENC_GATE_FUNCTION(genc_gate_hard_sigmoid, genc_clamp_f32(alpha * x + beta, 0.0f, 1.0f))
GENC_GATE_FUNCTION(genc_gate_leaky_relu, x >= 0.0f ? x : alpha * x)
GENC_GATE_FUNCTION(genc_gate_logistic, genc_logistic(x))
GENC_GATE_FUNCTION(genc_gate_relu, x > 0.0f ? x : 0.0f)
GENC_GATE_FUNCTION(genc_gate_scaled_tanh, alpha *genc_tanh(beta * x))
GENC_GATE_FUNCTION(genc_gate_softplus, (x > 0.0f ? x : 0.0f) + log1pf(genc_exp(x > 0.0f ? -x : x)))
GENC_GATE_FUNCTION(genc_gate_softsign, x / (1.0f + fabsf(x)))
GENC_GATE_FUNCTION(genc_gate_tanh, genc_tanh(x))
GENC_GATE_FUNCTION(genc_gate_thresholded_relu, x > alpha ? x : 0.0f)

/** Limits to [-limit, limit]; 0 does not limit. */
static inline float genc_clipped_f32(float value, float limit)
{
    return limit > 0.0f ? genc_clamp_f32(value, -limit, limit) : value;
}

#endif /* GENC_GATES_F32_H */
