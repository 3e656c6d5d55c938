"""Recurrent layers: LSTM, RNN, GRU and SVDF, int8 as TFLite's integer kernels compute them, and float32.

The int8 LSTM is TFLite's (lstm_eval.cc, 8x8_16), which computes logistic and tanh in gemmlowp's 16-bit fixed
point; TFLM interpolates a table instead and differs by some units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from codegen.ir import Array, DType, Tensor
from codegen.ir.ops.recurrent import (
    BIASES,
    CELL,
    GRU_HIDDEN,
    HIDDEN,
    INPUT_WEIGHTS,
    RECURRENT_WEIGHTS,
    RNN_HIDDEN,
    Gru,
    Lstm,
    Rnn,
    Svdf,
)
from codegen.ir.ops.sequence import GateFunction, Recurrent
from codegen.reference import hybrid, int16
from codegen.reference import recurrent_parameters as parameters
from codegen.reference.fixed_point import (
    Int64,
    int64,
    multiply_double_rounding,
    multiply_wide,
    rounding_shift_right,
    wrap32,
)
from codegen.reference.fixed_point_16 import INT16_MAX, logistic16, saturate16, tanh16
from codegen.reference.float32 import float_range
from codegen.reference.functions import logistic, scaled_elu, softplus
from codegen.reference.inverse_root import inverse_root
from codegen.reference.recurrent_parameters import LstmParams, NormParams

Step = Callable[[Array, Array, Array], tuple[Array, Array]]
"""(x [B, I], h [B, O], c [B, C]) to the next (h, c)."""

INPUT, FORGET, UPDATE, OUTPUT = range(4)
NORM_EPSILON = 1e-8


GATE_FUNCTIONS: Mapping[str, Callable[[Array, float, float], Array]] = {
    "affine": lambda x, alpha, beta: alpha * x + beta,
    "elu": lambda x, alpha, _: scaled_elu(x, alpha, 1.0, 1.0),
    "hard_sigmoid": lambda x, alpha, beta: np.clip(alpha * x + beta, 0, 1),
    "leaky_relu": lambda x, alpha, _: np.where(x >= 0, x, alpha * x),
    "logistic": lambda x, *_: logistic(x),
    "relu": lambda x, *_: np.maximum(x, 0),
    "scaled_tanh": lambda x, alpha, beta: alpha * np.tanh(beta * x),
    "softplus": lambda x, *_: softplus(x),
    "softsign": lambda x, *_: x / (1 + np.abs(x)),
    "tanh": lambda x, *_: np.tanh(x),
    "thresholded_relu": lambda x, alpha, _: np.where(x > alpha, x, 0),
}
"""Functions of gates by name, in double."""


def _gate(function: GateFunction, x: Array, clip: float = 0.0) -> Array:
    """A function of a gate, of what is limited first; its numbers are float32, as in the C."""
    numbers = float(np.float32(function.alpha)), float(np.float32(function.beta))
    return GATE_FUNCTIONS[function.name](_clipped(x, clip), *numbers)


def _over_time(op: Recurrent, x: Array, step: Callable[[Array], Array]) -> Array:
    """The outputs of `step`, which takes and gives one step of all batches, in the order of the operator."""
    steps = x if op.time_major else np.swapaxes(x, 0, 1)
    outputs = [step(at) for at in (steps[::-1] if op.backward else steps)]
    if op.last_only:
        return outputs[-1]
    return np.stack(outputs[::-1] if op.backward else outputs, axis=0 if op.time_major else 1)


def lstm(op: Lstm, inputs: Sequence[Any]) -> list[Array]:
    """One step after the other, all batches at once."""
    step = STEPS[op.x.dtype](op)
    h, c = (inputs[i].reshape(op.batches, -1) for i in (HIDDEN, CELL))

    def following(x: Array) -> Array:
        nonlocal h, c
        h, c = step(x, h, c)
        return h

    y = _over_time(op, inputs[0], following)
    return [y, h.reshape(op.hidden.shape), c.reshape(op.cell.shape)]


def _steps_s8(op: Lstm) -> Step:
    """A step of the int8 LSTM; values are int64."""
    p = parameters.lstm(op)
    holes = parameters.peepholes(op)

    def gate(index: int, x: Array, h: Array, c: Array) -> Int64:
        """W x + R h + b + peephole in Q3.12; each of the three saturates; then normalised."""
        w, r = (op.operand(first + index) for first in (INPUT_WEIGHTS, RECURRENT_WEIGHTS))
        total = saturate16(_product(x, w.value, p.input_bias[index], p.input_factors[index]))
        total = saturate16(total + _product(h, r.value, p.recurrent_bias[index], p.recurrent_factors[index]))
        place = _hole(index)
        if place is not None and (hole := holes[place]) is not None:
            total = saturate16(total + multiply_double_rounding(c * hole, *p.peephole_factors[place]))
        return _normalised_s8(p.norms[index], total) if p.norms else total

    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        c = int64(c)
        forget = logistic16(gate(FORGET, x, h, c))
        entry = INT16_MAX - forget if op.coupled else logistic16(gate(INPUT, x, h, c))
        update = tanh16(gate(UPDATE, x, h, c), 3)
        kept, new = rounding_shift_right(forget * c, 15), rounding_shift_right(entry * update, p.cell_shift)
        c = np.clip(saturate16(kept + new), -p.cell_clip, p.cell_clip)
        output = logistic16(gate(OUTPUT, x, h, c))
        return _output_s8(op, p, output * tanh16(c, p.tanh_bits)), c

    return step


def _normalised_s8(p: NormParams, v: Int64) -> Int64:
    """Layer normalisation of int16, as TFLite's ApplyLayerNorm: integers with truncating divisions."""
    assert p.weights is not None
    count = v.shape[1]
    total, squares = v.sum(axis=1, keepdims=True), (v * v).sum(axis=1, keepdims=True)
    mean = _truncated(total * 1024, count)
    variance = _truncated(squares * ((1 << 20) // count) - mean * mean, 1 << 20)
    variance = np.where(variance < 1, p.least_variance, variance)
    centred = multiply_double_rounding(1024 * v - mean, *inverse_root(variance))
    weighted = wrap32(centred * p.weights + p.bias)
    steps = _truncated(np.where(weighted > 0, weighted + 512, weighted - 512), 1024)
    return saturate16(multiply_double_rounding(steps, *p.factor))


def _truncated(values: Int64, divisor: int) -> Int64:
    """Divided, toward zero."""
    return int64(np.sign(values) * (np.abs(values) // divisor))


def _hole(gate: int) -> int | None:
    """Where a gate's peephole stands among them; the update has none."""
    return {INPUT: 0, FORGET: 1, OUTPUT: 2}.get(gate)


def _product(x: Array, weights: Array, bias: Int64, factor: tuple[int, int]) -> Int64:
    return multiply_double_rounding(wrap32(int64(x) @ int64(weights).T + bias), *factor)


def _output_s8(op: Lstm, p: LstmParams, product: Int64) -> Int64:
    """The hidden state of o * tanh(c), projected if there is a projection."""
    low, high = op.y.dtype.limits
    hidden = np.clip(multiply_double_rounding(product, *p.hidden_factor) + p.hidden_zero, low, high)
    if op.projection is None or p.projection_bias is None:
        return int64(hidden)
    raw = _product(hidden, op.projection.value, p.projection_bias, p.projection_factor) + p.y_zero
    return int64(np.clip(np.clip(raw, low, high), -p.projection_clip, p.projection_clip))


def _steps_f32(op: Lstm) -> Step:
    """A step of the float LSTM: computed in double, states rounded to float32."""
    sigma, update, squash = op.functions
    times = partial(hybrid.times, asymmetric=op.asymmetric_inputs)

    def gate(index: int, x: Array, h: Array, c: Array) -> Array:
        w, r, b = (op.operand(first + index) for first in (INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES))
        norm = op.norms[index]
        total = times(x, w) + times(h, r)
        place = _hole(index)
        if place is not None and (hole := op.peepholes[place]) is not None:
            total = total + c * _real(hole)
        return total + b.value if norm is None else _normalised(total) * norm.value + b.value

    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        x, h, c = (v.astype(np.float64) for v in (x, h, c))
        forget = _gate(sigma, gate(FORGET, x, h, c), op.gate_clip)
        entry = 1 - forget if op.coupled else _gate(sigma, gate(INPUT, x, h, c), op.gate_clip)
        c = _clipped(forget * c + entry * _gate(update, gate(UPDATE, x, h, c), op.gate_clip), op.cell_clip)
        hidden = _gate(sigma, gate(OUTPUT, x, h, c), op.gate_clip) * _gate(squash, c)
        if op.projection is not None:
            bias = 0 if op.projection_bias is None else op.projection_bias.value
            hidden = _clipped(times(hidden, op.projection) + bias, op.projection_clip)
        return hidden.astype(np.float32), c.astype(np.float32)

    return step


def _real(weights: Tensor) -> Array:
    """Weights, their scale applied where they have one."""
    scale = np.float32(weights.quant.scale if weights.quant else 1.0)
    return np.asarray(weights.value.astype(np.float32) * scale)


def _steps_s16(op: Lstm) -> Step:
    """A step of the int16 LSTM of TFLM; values are int64."""
    p = parameters.lstm_int16(op)

    def gate(index: int, x: Array, h: Array) -> Int64:
        """W x + R h + b in Q3.12; each of the two saturates, and their sum."""
        w, r, b = (op.operand(first + index).value for first in (INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES))
        own = multiply_wide(int64(x) @ int64(w).T + int64(b), *p.input_factors[index])
        past = multiply_wide(int64(h) @ int64(r).T, *p.recurrent_factors[index])
        return saturate16(saturate16(own) + saturate16(past))

    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        forget, entry, output = (int16.logistic_at(3 * gate(g, x, h)) for g in (FORGET, INPUT, OUTPUT))
        update = int16.tanh_at(3 * gate(UPDATE, x, h))
        kept = saturate16(multiply_double_rounding(forget * int64(c), *p.forget_factor))
        new = saturate16(multiply_double_rounding(entry * update, *p.entry_factor))
        c = np.clip(saturate16(kept + new), -p.cell_clip, p.cell_clip)
        left, right = max(p.tanh_shift, 0), max(-p.tanh_shift, 0)
        squashed = int16.tanh_at(((c * (3 << left)) + ((1 << right) >> 1)) >> right)
        return saturate16(multiply_double_rounding(output * squashed, *p.hidden_factor)), c

    return step


STEPS: Mapping[DType, Callable[[Lstm], Step]] = {
    DType.INT8: _steps_s8,
    DType.INT16: _steps_s16,
    DType.FLOAT32: _steps_f32,
}
"""What makes a step of an LSTM."""


def _clipped(x: Array, limit: float) -> Array:
    return np.clip(x, -limit, limit) if limit > 0 else x


def _normalised(x: Array) -> Array:
    """Mean 0 and variance 1 over the cells."""
    centred = x - x.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.sqrt((centred * centred).mean(axis=1, keepdims=True) + NORM_EPSILON))


def rnn(op: Rnn, inputs: Sequence[Any]) -> list[Array]:
    """One step after the other, all batches at once; float32."""
    times, b = partial(hybrid.times, asymmetric=op.asymmetric_inputs), inputs[3].astype(np.float64)
    h = inputs[RNN_HIDDEN].reshape(op.batches, op.units)

    def step(x: Array) -> Array:
        nonlocal h
        sums = times(x, op.operand(1)) + times(h, op.operand(2)) + b
        total = _gate(op.function, sums, op.gate_clip)
        h = np.clip(total, *float_range(op.activation)).astype(np.float32)
        return h

    return [_over_time(op, inputs[0], step), h.reshape(op.hidden.shape)]


def gru(op: Gru, inputs: Sequence[Any]) -> list[Array]:
    """One step after the other, all batches at once; in double, states rounded to float32."""
    w, r, b, d = (v.astype(np.float64) for v in inputs[1:GRU_HIDDEN])
    h = inputs[GRU_HIDDEN].reshape(op.batches, op.units)
    units = op.units
    sigma, update = op.functions

    def step(x: Array) -> Array:
        nonlocal h
        own = x @ w.T + b
        gates = _gate(sigma, own[:, : 2 * units] + h @ r[: 2 * units].T + d[: 2 * units], op.gate_clip)
        keep, reset = gates[:, :units], gates[:, units:]
        if op.reset_after:
            past = reset * (h @ r[2 * units :].T + d[2 * units :])
        else:
            past = (reset * h) @ r[2 * units :].T + d[2 * units :]
        new = _gate(update, own[:, 2 * units :] + past, op.gate_clip)
        h = ((1 - keep) * new + keep * h).astype(np.float32)
        return np.asarray(h)

    return [_over_time(op, inputs[0], step), h.reshape(op.hidden.shape)]


def svdf(op: Svdf, inputs: Sequence[Any]) -> list[Array]:
    """The memory of each filter moves on by one; the newest entry is the product of this run."""
    integer = op.x.dtype is DType.INT8
    x = inputs[0]
    new = _svdf_entry(op, x) if integer else hybrid.times(x, op.feature_weights, asymmetric=op.asymmetric_inputs)
    memory = inputs[4].reshape(x.shape[0], *op.time_weights.shape)
    memory = np.concatenate([memory[:, :, 1:], new[:, :, None].astype(memory.dtype)], axis=2)
    y = _svdf_output_s8(op, memory) if integer else _svdf_output_f32(op, memory)
    return [y, memory.reshape(op.state.shape)]


def _svdf_entry(op: Svdf, x: Array) -> Array:
    """The newest entry [B, F]: clamped, then moved by the zero point, which may wrap."""
    p = parameters.svdf(op)
    sums = wrap32((int64(x) - p.x_zero) @ int64(op.feature_weights.value).T)
    raw = np.clip(multiply_double_rounding(sums, *p.feature_factor), p.state_low, p.state_high)
    return np.asarray((raw + p.state_zero).astype(op.state.dtype.numpy))


def _svdf_output_s8(op: Svdf, memory: Array) -> Array:
    p = parameters.svdf(op)
    filtered = ((int64(memory) - p.state_zero) * int64(op.time_weights.value)).sum(axis=2)
    sums = wrap32(filtered.reshape(len(memory), op.units, op.rank).sum(axis=2) + p.bias)
    return np.asarray(np.clip(multiply_double_rounding(sums, *p.time_factor) + p.y_zero, p.low, p.high))


def _svdf_output_f32(op: Svdf, memory: Array) -> Array:
    filtered = (memory.astype(np.float64) * op.time_weights.value).sum(axis=2)
    y = filtered.reshape(len(memory), op.units, op.rank).sum(axis=2)
    y = y if op.bias is None else y + op.bias.value
    return np.asarray(np.clip(y, *float_range(op.activation)), np.float32)


MEANINGS: Mapping[Any, Any] = {Lstm: lstm, Rnn: rnn, Gru: gru, Svdf: svdf}
