"""Functions of int16 activations that TFLite computes from tables: LOGISTIC, TANH, SOFTMAX, EXP, LOG, RSQRT."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from codegen.ir import Array, DType, Operator, Quantization
from codegen.ir.ops import Exp, Log, Logistic, Rsqrt, Softmax, Tanh
from codegen.reference import activation
from codegen.reference.fixed_point import Int64, int64, multiply_double_rounding, quantize_multiplier, round_half_away
from codegen.reference.fixed_point_16 import wrap16

SIGMOID_ENTRIES = 256
SIGMOID_STEPS = 24
"""Entries of the sigmoid table per unit of its argument."""

FUNCTION_STEPS = 512
"""Steps of a table of a function on the whole range of int16: 7 bits of the argument interpolate."""

EXP_RANGE = 10.0
"""The table of SOFTMAX has exp(x) for x in [-10, 0]."""


@cache
def sigmoid_table() -> tuple[int, ...]:
    """1 / (1 + exp(-i / 24)) in Q16, plus half of what interpolation lacks in mid-step; the last saturates."""

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    def entry(i: float) -> float:
        left, middle, right = (sigmoid((i + part) / SIGMOID_STEPS) for part in (0, 0.5, 1))
        return left + (middle - (left + right) / 2) / 2

    return (*(round_half_away(2**16 * entry(i)) for i in range(SIGMOID_ENTRIES - 1)), 2**16 - 1)


@dataclass(frozen=True)
class SigmoidParams:
    """x * multiplier, rounded to the right by shift, is the argument of the table in units of 1 / (3 * 4096)."""

    multiplier: int
    shift: int


def sigmoid_params(op: Logistic | Tanh) -> SigmoidParams:
    """Parameters of LOGISTIC and TANH; powers of two that the table takes as they are need no rounding."""
    assert op.x.quant is not None
    scale = op.x.quant.scale
    octave = math.log2(scale)
    left = 12 + round(octave)
    if abs(octave - round(octave)) < 1e-3 and left in ((0,) if isinstance(op, Logistic) else (0, 1)):
        return SigmoidParams(3 << left, 0)
    multiplier, shift = scale * 4096.0 * 3.0, 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        multiplier, shift = multiplier * 2.0, shift + 1
    return SigmoidParams(int(multiplier), shift)


def _argument(op: Logistic | Tanh, x: Array) -> Int64:
    p = sigmoid_params(op)
    return (int64(x) * p.multiplier + ((1 << p.shift) >> 1)) >> p.shift


def logistic(op: Logistic, inputs: Sequence[Any]) -> list[Array]:
    """LOGISTIC int16: the table, interpolated in 9 bits."""
    return [logistic_at(_argument(op, inputs[0]))]


def logistic_at(argument: Int64) -> Int64:
    """Q15 of the table at an argument in units of 1 / (3 * 4096)."""
    value = _interpolated(np.abs(argument), 9, 0x7FFF << 10)
    rounded = np.where(argument >= 0, value + (1 << 9), (1 << 25) - value + (1 << 9) - 1)
    return int64(rounded >> 10)


def tanh(op: Tanh, inputs: Sequence[Any]) -> list[Array]:
    """TANH int16: 2 * sigmoid(2x) - 1, the table interpolated in 8 bits."""
    return [tanh_at(_argument(op, inputs[0]))]


def tanh_at(argument: Int64) -> Int64:
    """Q15 of tanh at an argument in units of 1 / (3 * 4096)."""
    value = _interpolated(np.abs(argument), 8, 0xFFFF << 8)
    rounded = np.where(argument >= 0, value - (1 << 23) + (1 << 7), -value + (1 << 23) + (1 << 7) - 1)
    return int64(rounded >> 8)


def _interpolated(magnitude: Int64, bits: int, largest: int) -> Int64:
    """The sigmoid of a positive argument of which `bits` bits lie between two entries, times 2**(16 + bits)."""
    table = np.array(sigmoid_table(), np.int64)
    index = np.minimum(magnitude >> bits, SIGMOID_ENTRIES - 2)
    below, above = table[index], table[index + 1]
    value = (below << bits) + (magnitude & ((1 << bits) - 1)) * (above - below)
    return np.where(magnitude >> bits >= SIGMOID_ENTRIES - 1, largest, value)


def function_table(function: Callable[[float], float], low: float, high: float, unit: float) -> tuple[int, ...]:
    """513 values of a function on [low, high] in steps of `unit`, each corrected by half the error of interpolation."""
    step = (high - low) / FUNCTION_STEPS

    def at(i: float) -> float:
        return function(low + i * step) / unit

    def entry(i: int) -> float:
        value = round_half_away(at(i))
        error = round_half_away((at(i + 1) + value) / 2) - round_half_away(at(i + 0.5))
        return value - round_half_away(error / 2)

    entries = [*(entry(i) for i in range(FUNCTION_STEPS)), round_half_away(at(FUNCTION_STEPS))]
    return tuple(int(min(max(v, -(2**15)), 2**15 - 1)) for v in entries)


@cache
def exp_table() -> tuple[int, ...]:
    """exp(x) in Q15, x from -10 to 0."""
    return function_table(math.exp, -EXP_RANGE, 0.0, 2.0 / 65536)


@cache
def reciprocal_table() -> tuple[int, ...]:
    """1 / (1 + x) in Q15, x from 0 to 1."""
    return function_table(lambda x: 1 / (1 + x), 0.0, 1.0, 2.0 / 65536)


def look_up(table: tuple[int, ...], values: Int64) -> Int64:
    """A table of 513 entries at int16 values, interpolated; slopes wrap to int16."""
    entries = np.array(table, np.int64)
    index = 256 + (values >> 7)
    slope = wrap16(entries[index + 1] - entries[index])
    return wrap16(entries[index] + ((slope * (values & 0x7F) + 64) >> 7))


def _ends(quant: Quantization) -> tuple[np.float32, np.float32]:
    """The real values of the smallest and the largest int16, in float32."""
    low, high = (np.float32(quant.scale) * np.float32(limit) for limit in DType.INT16.limits)
    return low, high


def sampled(op: Exp | Log | Rsqrt) -> tuple[int, ...]:
    """513 values of a function over the whole range of the input, corrected by half the error of interpolation.

    As TFLite fills its table (LUTPopulate), every step in float32; the functions themselves in double, rounded.
    """
    assert op.x.quant is not None
    assert op.y.quant is not None
    (x_low, x_high), (y_low, y_high) = _ends(op.x.quant), _ends(op.y.quant)
    step = (x_high - x_low) / np.float32(FUNCTION_STEPS)
    inverse = np.float32(2**16) / (y_high - y_low)
    below = y_low if isinstance(op, Log) else np.float32(2**15 - 1) * np.float32(op.y.quant.scale)

    def at(x: Array) -> Array:
        real = x.astype(np.float64)
        with np.errstate(all="ignore"):
            value = SAMPLED[type(op)](real).astype(np.float32)
        return np.asarray(value if isinstance(op, Exp) else np.where(x > 0, value, below))

    places = x_low + np.arange(FUNCTION_STEPS + 1).astype(np.float32) * step
    with np.errstate(over="ignore", invalid="ignore"):  # beyond float32 there is infinity, and no number from it
        values, middles = at(places) * inverse, at(places[:-1] + step / np.float32(2)) * inverse
        nearest = _nearest(values)
        between = _nearest((values[1:] + nearest[:-1]) / np.float32(2))
        entries = nearest[:-1] - _nearest((between - _nearest(middles)) / np.float32(2))
        last = _nearest(at(np.array([x_high])) * inverse)
    entries = np.nan_to_num(np.append(entries, last), nan=0.0)
    return tuple(np.clip(entries, *DType.INT16.limits).astype(int).tolist())


SAMPLED: Mapping[type[Operator], Callable[[Array], Array]] = {
    Exp: np.exp,
    Log: np.log,
    Rsqrt: lambda x: 1 / np.sqrt(x).astype(np.float32),
}
"""Functions that TFLite samples; the root is rounded before it is inverted."""


def _nearest(values: Array) -> Array:
    """Rounded, ties away from zero."""
    return np.asarray(np.trunc(values.astype(np.float64) + np.copysign(0.5, values)), np.float32)


def tabulated(op: Exp | Log | Rsqrt, inputs: Sequence[Any]) -> list[Array]:
    """EXP, LOG, RSQRT of int16: a table, interpolated."""
    return [look_up(sampled(op), int64(inputs[0]))]


def softmax_factor(op: Softmax) -> tuple[int, int]:
    """(multiplier, shift) that makes [-10, 0] of beta * x [-65535, 0]."""
    assert op.x.quant is not None
    return quantize_multiplier(op.x.quant.scale * float(np.float32(op.beta)) / (EXP_RANGE / 65535.0))


def softmax(op: Softmax, inputs: Sequence[Any]) -> list[Array]:
    """SOFTMAX int16 over the last axis, exp and reciprocal from tables; of int8 it is that of int8."""
    if op.x.dtype is DType.INT8:
        return activation.softmax(op, inputs)
    x = int64(inputs[0])
    scaled = multiply_double_rounding(x - x.max(axis=-1, keepdims=True), *softmax_factor(op))
    exps = look_up(exp_table(), np.clip(scaled + 32767, -(2**15), 2**15 - 1))
    total = exps.sum(axis=-1, keepdims=True)
    headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)
    fraction = ((total << (headroom - 1)) + (1 << 13)) >> 14
    scale = look_up(reciprocal_table(), np.clip(fraction - (1 << 15) - (1 << 16), -(2**15), 2**15 - 1))
    shift = 31 - headroom
    return [np.clip((exps * scale + (np.int64(1) << (shift - 1))) >> shift, 0, 2**15 - 1)]


MEANINGS: Mapping[Any, Any] = {
    Logistic: logistic,
    Tanh: tanh,
    Softmax: softmax,
    Exp: tabulated,
    Log: tabulated,
    Rsqrt: tabulated,
}
"""Meanings of the operators that int16 computes in another way."""
