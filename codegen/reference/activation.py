"""Element-wise functions of one operand, and softmax, int8."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import (
    HardSwish,
    LeakyRelu,
    Logistic,
    Lookup,
    PRelu,
    Relu,
    Relu6,
    ReluN1To1,
    Softmax,
    Tanh,
)
from codegen.reference import exponential, parameters
from codegen.reference.fixed_point import (
    Int64,
    doubling_high_mul,
    int64,
    multiply_double_rounding,
    rounding_shift_right,
)
from codegen.reference.parameters import SOFTMAX_INTEGER_BITS

SOFTMAX_SUM_INTEGER_BITS = 12


def relu(op: Relu | Relu6 | ReluN1To1, inputs: Sequence[Any]) -> list[Array]:
    """RELU, RELU6, RELU_N1_TO_1: requantise, then clamp."""
    p = parameters.relu(op)
    raw = multiply_double_rounding(int64(inputs[0]) - p.x_zero, p.multiplier, p.shift)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def leaky_relu(op: LeakyRelu, inputs: Sequence[Any]) -> list[Array]:
    """LEAKY_RELU: one factor at and above zero, another below."""
    p = parameters.leaky_relu(op)
    x = int64(inputs[0]) - p.x_zero
    slope = multiply_double_rounding(x, abs(p.alpha_multiplier), p.alpha_shift)
    negative = -slope if p.alpha_multiplier < 0 else slope
    raw = np.where(x >= 0, multiply_double_rounding(x, p.multiplier, p.shift), negative)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def prelu(op: PRelu, inputs: Sequence[Any]) -> list[Array]:
    """PRELU: as LEAKY_RELU, the slope a constant that broadcasts."""
    p = parameters.prelu(op)
    x, alpha = int64(inputs[0]) - p.x_zero, int64(inputs[1]) - p.alpha_zero
    negative = multiply_double_rounding(x * alpha, p.alpha_multiplier, p.alpha_shift)
    raw = np.where(x >= 0, multiply_double_rounding(x, p.multiplier, p.shift), negative)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def softmax(op: Softmax, inputs: Sequence[Any]) -> list[Array]:
    """SOFTMAX of int8 over the last axis: exp of differences to the row's maximum, by the reciprocal of their sum."""
    p = parameters.softmax(op)
    difference = int64(inputs[0]) - int64(inputs[0]).max(axis=-1, keepdims=True)
    counts = difference >= p.diff_min
    scaled = doubling_high_mul(np.where(counts, difference, 0) << p.left_shift, p.multiplier)
    exps = exponential.exp_on_negative(scaled, SOFTMAX_INTEGER_BITS)
    terms = np.where(counts, rounding_shift_right(exps, SOFTMAX_SUM_INTEGER_BITS), 0)
    scale, bits_over_unit = _reciprocal(terms.sum(axis=-1, keepdims=True))
    raw = rounding_shift_right(doubling_high_mul(scale, exps), bits_over_unit + 31 - 8 * op.y.dtype.bytes)
    low, high = op.y.dtype.limits
    return [np.where(counts, np.clip(raw + low, low, high), low)]


def _reciprocal(total: Int64) -> tuple[Int64, Int64]:
    """(m in Q0, e) with 1 / total = m / 2**e, of a sum in Q12 of at least about 1."""
    bits = np.frexp(total.astype(np.float64))[1].astype(np.int64)
    leading_zeros = 32 - bits
    normalised = (total << leading_zeros) - (1 << 31)
    return exponential.one_over_one_plus(normalised), SOFTMAX_SUM_INTEGER_BITS - leading_zeros


def logistic(op: Logistic, inputs: Sequence[Any]) -> list[Array]:
    """LOGISTIC, computed in float32 (TFLM computes it in fixed point: 2 of a million elements differ)."""
    return [_through_float(op, inputs[0], lambda x: np.float32(1) / (np.float32(1) + np.exp(-x).astype(np.float32)))]


def tanh(op: Tanh, inputs: Sequence[Any]) -> list[Array]:
    """TANH, computed in float32 (TFLM computes it in fixed point)."""
    return [_through_float(op, inputs[0], np.tanh)]


def _through_float(op: Logistic | Tanh, x: Array, function: Callable[[Array], Array]) -> Array:
    """Dequantise, apply, quantise, as TFLite fills its table of 256 results.

    Every step is rounded to float32; the function itself is evaluated in double, whose rounding to
    float32 is that of a good C library and the same on every machine.
    """
    p = parameters.table(op)
    real = (x.astype(np.float32) - np.float32(p.x_zero)) * np.float32(p.x_scale)
    with np.errstate(over="ignore"):
        result = function(real.astype(np.float64)).astype(np.float32)
    scaled = (result * (np.float32(1) / np.float32(p.y_scale))).astype(np.float64)
    return np.asarray(np.clip(np.trunc(scaled + np.copysign(0.5, scaled)) + p.y_zero, p.low, p.high))


def hard_swish(op: HardSwish, inputs: Sequence[Any]) -> list[Array]:
    """HARD_SWISH in 16-bit fixed point: x times relu6(x + 3) / 6."""
    p = parameters.hard_swish(op)
    fine = (int64(inputs[0]) - p.x_zero) << 7
    preshift = _high_mul16(fine, p.y_multiplier)
    reluish = fine
    if p.reluish_shift > 0:
        reluish = _saturate16(reluish << (p.reluish_shift - 1))
    reluish = _high_mul16(reluish, p.reluish_multiplier)
    if p.reluish_shift > 0:
        reluish = _saturate16(reluish << 1)
    elif p.reluish_shift < 0:
        reluish = rounding_shift_right(reluish, -p.reluish_shift)
    gate = (reluish + (1 << 15)) >> 1
    product = gate * preshift
    high = np.sign(product) * (np.abs(product) >> 15)
    raw = rounding_shift_right(high, -p.y_shift) + p.y_zero
    return [np.clip(raw, *op.y.dtype.limits)]


def _saturate16(values: Int64) -> Int64:
    return int64(np.clip(values, -(2**15), 2**15 - 1))


def _high_mul16(a: Int64, b: int) -> Int64:
    """round(a * b / 2**15), ties up: the 16-bit SaturatingRoundingDoublingHighMul, b >= 0."""
    return (a * b + (1 << 14)) >> 15


def lookup(op: Lookup, inputs: Sequence[Any]) -> list[Array]:
    """The entry of the byte, seen as unsigned."""
    del op
    return [inputs[1][inputs[0].view(np.uint8)]]


MEANINGS: Mapping[Any, Any] = {
    Relu: relu,
    Relu6: relu,
    ReluN1To1: relu,
    LeakyRelu: leaky_relu,
    PRelu: prelu,
    Softmax: softmax,
    Logistic: logistic,
    Tanh: tanh,
    HardSwish: hard_swish,
    Lookup: lookup,
}
