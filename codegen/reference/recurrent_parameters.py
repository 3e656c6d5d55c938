"""The integer parameters of recurrent operators, exactly as TFLite's Prepare functions compute them."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
        norms: of each gate, where there is layer normalisation.
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
    norms: list[NormParams]


@dataclass(frozen=True, eq=False)
class NormParams:
    """Layer normalisation of a gate: (v - mean) / deviation in Q10, times the weights, plus the bias, to Q3.12.

    Attributes:
        weights: [C]; None where the gate is missing.
        bias: [C].
        factor: from weights and bias to Q3.12.
        least_variance: what a variance below 1 counts as.
    """

    weights: Int64 | None
    bias: Int64
    factor: Factor
    least_variance: int


def _norms(op: Lstm) -> list[NormParams]:
    """Of each gate; empty without layer normalisation."""
    if not any(op.norms):
        return []
    result = []
    for weights, bias in zip(op.norms, op.biases, strict=True):
        if weights is None or bias is None:
            result.append(NormParams(None, np.zeros(op.cells, np.int64), NO_FACTOR, 1))
            continue
        scale = np.float32(_scale(weights))
        multiplier, shift = quantize_multiplier(float(scale))
        least = max(1, int(np.float32(LEAST_VARIANCE) * scale))
        result.append(NormParams(int64(weights.value), int64(bias.value), (multiplier, shift + 12), least))
    return result


LEAST_VARIANCE = 10000
"""Times the scale of the weights (TFLite's variance guard)."""


def peepholes(op: Lstm) -> list[Int64 | None]:
    """Of the input, forget and output gate [B, C].

    TFLite's int8 kernel takes O cells of each batch, one batch after the other where the cells of all lie together:
    in a time-major sequence those are the first B * O cells of all.
    """
    return [None if hole is None else _walked(op, int64(hole.value)[: op.outputs_per_step]) for hole in op.peepholes]


def _walked(op: Lstm, hole: Int64) -> Int64:
    """[B, C], of which the kernel's walk reaches B * O."""
    rows = np.zeros((op.batches, op.cells), np.int64)
    if op.time_major:
        rows.reshape(-1)[: op.batches * len(hole)] = np.tile(hole, op.batches)
    else:
        rows[:, : len(hole)] = hole
    return rows


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
    norms = _norms(op)
    gates = [np.float32(scale) for scale in op.gate_scales] if norms and op.gate_scales else [GATE_SCALE] * 4
    holes = [
        NO_FACTOR if t is None else _factor(2.0**power * float(_scale(t)) / float(gates[gate]))
        for t, gate in zip(op.peepholes, HOLE_GATES, strict=True)
    ]
    biases = [None] * 4 if norms else op.biases
    projection_bias, projection_factor = None, NO_FACTOR
    if op.projection is not None:
        projection_bias = _folded(op.projection, op.projection_bias, projected_zero, op.outputs_per_step)
        projection_factor = _factor(_scale(op.projection) * projected_scale / h_scale)
    return LstmParams(
        np.stack([_folded(w, b, x_zero, cells) for w, b in zip(op.input_weights, biases, strict=True)]),
        _gate_factors(op.input_weights, x_scale, gates),
        np.stack([_folded(r, None, h_zero, cells) for r in op.recurrent_weights]),
        _gate_factors(op.recurrent_weights, h_scale, gates),
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
        norms,
    )


@dataclass(frozen=True, eq=False)
class LstmInt16Params:
    """A plain LSTM of int16, as TFLM prepares it; per gate in the order of GATES.

    Attributes:
        input_factors: from W x + b to Q3.12, in 64 bits.
        recurrent_factors: from R h to Q3.12, in 64 bits.
        forget_factor: from f c to the cell state.
        entry_factor: from i g to the cell state.
        hidden_factor: from o tanh(c) to the hidden state.
        cell_clip: the cell state is limited to +- this; 32768 is no limit.
        tanh_shift: of the cell state to units of 1 / 4096, positive to the left.
    """

    input_factors: list[Factor]
    recurrent_factors: list[Factor]
    forget_factor: Factor
    entry_factor: Factor
    hidden_factor: Factor
    cell_clip: int
    tanh_shift: int


def lstm_int16(op: Lstm) -> LstmInt16Params:
    """Parameters of an int16 LSTM; products of two scales are float32 where gates are made, else double."""
    cell, hidden = float(_scale(op.cell)), float(_scale(op.hidden))
    gates = zip(op.input_weights, op.recurrent_weights, strict=True)
    pairs = [(float(_scale(op.x) * _scale(w)), float(_scale(op.hidden) * _scale(r))) for w, r in gates if w and r]
    return LstmInt16Params(
        [quantize_multiplier(own / float(GATE_SCALE)) for own, _ in pairs],
        [quantize_multiplier(past / float(GATE_SCALE)) for _, past in pairs],
        quantize_multiplier(2.0**-15 * cell / cell),
        quantize_multiplier(2.0**-30 / cell),
        quantize_multiplier(2.0**-30 / hidden),
        _clip(op.cell_clip, cell, 2**15),
        12 + round(math.log2(cell)),
    )


HOLE_GATES = (0, 1, 3)
"""The gates of the peepholes: input, forget, output."""


def _gate_factors(
    weights: Sequence[Tensor | None], scale: np.floating[Any], gates: Sequence[np.floating[Any]]
) -> list[Factor]:
    """From the products with the weights of each gate to its scale."""
    return [
        NO_FACTOR if w is None else _factor(_scale(w) * scale / gate) for w, gate in zip(weights, gates, strict=True)
    ]


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
