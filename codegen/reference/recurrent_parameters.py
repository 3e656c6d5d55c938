"""The integer parameters of recurrent operators, exactly as TFLite's Prepare functions compute them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.ir import Array, Tensor
from codegen.ir.ops.recurrent import Lstm, Svdf
from codegen.reference.fixed_point import Int64, int64, quantize_multiplier, wrap32

Factor = tuple[int, int]
"""Multiplier and shift, as in fixed_point.py."""

GATE_SCALE = np.float32(2.0**-12)
"""Of what goes into logistic and tanh."""

NO_FACTOR: Factor = (0, 0)


def _scale(tensor: Tensor) -> np.floating[Any]:
    assert tensor.quant is not None
    scale: np.floating[Any] = np.float32(tensor.quant.scale)
    return scale


def _zero(tensor: Tensor) -> int:
    assert tensor.quant is not None
    return tensor.quant.zero_point


@dataclass(frozen=True, eq=False)
class LstmParams:
    """An int8 LSTM; per gate in the order of GATES, an input gate that is coupled has zeros.

    Attributes:
        input_bias: [4, C] of W x: the bias with the input's zero point folded in, int32.
        input_factors: from W x to Q3.12.
        recurrent_bias: [4, C] of R h: the hidden state's zero point, int32.
        recurrent_factors: from R h to Q3.12.
        peephole_factors: from p * c to Q3.12, of the input, forget and output gate.
        cell_shift: rounding shift of i * g to the scale of the cell state.
        cell_clip: the cell state is limited to +- this; 32768 is no limit.
        tanh_bits: integer bits of the cell state.
        hidden_factor: from o * tanh(c) to what is projected, or to the output.
        hidden_zero: added to it, its zero point.
        projection_bias: [O], the zero point of what is projected folded in; None without a projection.
        projection_factor: from the projection's sums to the output.
        projection_clip: the output is limited to +- this; 128 is no limit.
        y_zero: zero point of the hidden state and the output.
    """

    input_bias: Int64
    input_factors: list[Factor]
    recurrent_bias: Int64
    recurrent_factors: list[Factor]
    peephole_factors: list[Factor]
    cell_shift: int
    cell_clip: int
    tanh_bits: int
    hidden_factor: Factor
    hidden_zero: int
    projection_bias: Int64 | None
    projection_factor: Factor
    projection_clip: int
    y_zero: int


def lstm(op: Lstm) -> LstmParams:
    """Parameters of an int8 LSTM; scales are combined in float32, but for powers of two."""
    x_scale, h_scale = _scale(op.x), _scale(op.hidden)
    x_zero, h_zero, cells = _zero(op.x), _zero(op.hidden), op.cells
    power = round(math.log2(_scale(op.cell)))
    projected = op.hidden_quant or op.hidden.quant
    assert projected is not None
    projected_scale = np.float32(projected.scale)
    # TFLite takes the zero point of what is projected with the wrong sign, both when it adds and when it removes it.
    projected_zero = projected.zero_point if op.projection is None else -projected.zero_point
    holes = [NO_FACTOR if t is None else _factor(2.0**power * float(_scale(t)) * 2.0**12) for t in op.peepholes]
    projection_bias, projection_factor = None, NO_FACTOR
    if op.projection is not None:
        projection_bias = _folded(op.projection, op.projection_bias, projected_zero, op.outputs_per_step)
        projection_factor = _factor(_scale(op.projection) * projected_scale / h_scale)
    return LstmParams(
        np.stack([_folded(w, b, x_zero, cells) for w, b in zip(op.input_weights, op.biases, strict=True)]),
        [NO_FACTOR if w is None else _factor(_scale(w) * x_scale / GATE_SCALE) for w in op.input_weights],
        np.stack([_folded(r, None, h_zero, cells) for r in op.recurrent_weights]),
        [NO_FACTOR if r is None else _factor(_scale(r) * h_scale / GATE_SCALE) for r in op.recurrent_weights],
        holes,
        30 + power,
        _clip(op.cell_clip, float(_scale(op.cell)), 2**15),
        15 + power,
        _factor(2.0**-15 / float(projected_scale) * 2.0**-15),
        projected_zero,
        projection_bias,
        projection_factor,
        _clip(op.projection_clip, float(h_scale), 2**7),
        h_zero,
    )


def _factor(real: np.floating[Any] | float) -> Factor:
    """The factor, held as float32."""
    return quantize_multiplier(float(np.float32(real)))


def _folded(weights: Tensor | None, bias: Tensor | None, zero: int, count: int) -> Int64:
    """The bias minus the zero point times the sum of each row of weights, as int32."""
    if weights is None:
        return np.zeros(count, np.int64)
    offset = -zero * int64(weights.value).sum(axis=1)
    return wrap32(offset if bias is None else offset + int64(bias.value))


def _clip(real: float, scale: float, limit: int) -> int:
    """A clip in steps, truncated; `limit` when there is none."""
    steps = int(min(max(real / scale, -limit), limit - 1))
    return steps if steps > 0 else limit


@dataclass(frozen=True, eq=False)
class SvdfParams:
    """SVDF int8: new = requantize(sum(x - x_zero) * w) + state_zero, wrapped to the state's type after its clamp;
    y = clamp(y_zero + requantize(bias + sum over rank and memory of (state - state_zero) * time weights)).
    """

    x_zero: int
    feature_factor: Factor
    state_zero: int
    state_low: int
    state_high: int
    bias: Array
    time_factor: Factor
    y_zero: int
    low: int
    high: int


def svdf(op: Svdf) -> SvdfParams:
    """Parameters of SVDF int8; the scales are combined in float32."""
    feature = _scale(op.x) * _scale(op.feature_weights) / _scale(op.state)
    time = _scale(op.state) * _scale(op.time_weights) / _scale(op.y)
    bias = np.zeros(op.units, np.int64) if op.bias is None else int64(op.bias.value)
    return SvdfParams(
        _zero(op.x),
        quantize_multiplier(float(feature)),
        _zero(op.state),
        *op.state.dtype.limits,
        bias,
        quantize_multiplier(float(time)),
        _zero(op.y),
        *op.y.dtype.limits,
    )
