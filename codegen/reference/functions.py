"""Float functions beyond TFLite's, and bits: evaluated in double and rounded, the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, ops
from codegen.ir.ops.functions import Function

_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: Array) -> Array:
    """The error function of an array."""
    return np.asarray(_erf(x), np.float64)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)) without overflow."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def logistic(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow."""
    power = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, power) / (1 + power))


def scaled_elu(x: Array, alpha: float, gamma: float, width: float) -> Array:
    """ELU, SELU, CELU."""
    return np.asarray(gamma * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / width)))


def shrink(x: Array, threshold: float, bias: float) -> Array:
    """Soft and hard shrinking."""
    return np.asarray(np.where(x > threshold, x - bias, np.where(x < -threshold, x + bias, 0)))


FUNCTIONS: Mapping[type[Function], Callable[..., Array]] = {
    ops.Erf: erf,
    ops.Gelu: lambda x: x * (1 + erf(x * math.sqrt(0.5))) / 2,
    ops.GeluTanh: lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    ops.Mish: lambda x: x * np.tanh(softplus(x)),
    ops.Softplus: softplus,
    ops.Softsign: lambda x: x / (1 + np.abs(x)),
    ops.Sign: np.sign,
    ops.Reciprocal: np.reciprocal,
    ops.Trunc: np.trunc,
    ops.Tan: np.tan,
    ops.Asin: np.arcsin,
    ops.Acos: np.arccos,
    ops.Atan: np.arctan,
    ops.Sinh: np.sinh,
    ops.Cosh: np.cosh,
    ops.Asinh: np.arcsinh,
    ops.Acosh: np.arccosh,
    ops.Atanh: np.arctanh,
    ops.Clip: lambda x, low, high: np.minimum(np.maximum(x, low), high),
    ops.HardSigmoid: lambda x, slope, offset: np.clip(slope * x + offset, 0, 1),
    ops.ScaledElu: scaled_elu,
    ops.Swish: lambda x, alpha: x * logistic(alpha * x),
    ops.ThresholdedRelu: lambda x, threshold: np.where(x > threshold, x, 0),
    ops.Shrink: shrink,
}
"""Functions of x and the operator's numbers, in double."""


def function(op: Function, inputs: Sequence[Any]) -> list[Array]:
    """A function of one float32 operand; its numbers are float32, as in the C."""
    numbers = (float(np.float32(n)) for n in op.numbers)
    with np.errstate(all="ignore"):
        return [FUNCTIONS[type(op)](inputs[0].astype(np.float64), *numbers).astype(np.float32)]


def power(a: Array, b: Array) -> Array:
    """POW: floats in double; integers wrap, and negative powers of other than 1 and -1 are 0."""
    if a.dtype.kind == "f":
        return np.asarray(np.power(a.astype(np.float64), b).astype(a.dtype))
    inverse = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0))
    return np.asarray(np.where(b < 0, inverse, np.power(a, np.maximum(b, 0))).astype(a.dtype))


def remainder(a: Array, b: Array) -> Array:
    """What is left of a / b, with the sign of a."""
    return np.asarray(np.fmod(a, b) if a.dtype.kind == "f" else np.where(b == 0, 0, np.fmod(a, np.where(b == 0, 1, b))))


def shift_left(a: Array, b: Array) -> Array:
    """SHIFT_LEFT: bits are lost at the top; all of them by a negative shift."""
    bits = a.dtype.itemsize * 8
    inside = (b >= 0) & (b < bits)
    return np.asarray(np.where(inside, np.left_shift(a, np.where(inside, b, 0)), 0).astype(a.dtype))


def shift_right(a: Array, b: Array) -> Array:
    """SHIFT_RIGHT: the sign comes in at the top; nothing else is left by a negative shift."""
    bits = a.dtype.itemsize * 8
    return np.asarray(np.right_shift(a, np.where((b >= 0) & (b < bits), b, bits - 1).astype(a.dtype)))


BINARY: Mapping[Any, Callable[[Array, Array], Array]] = {
    ops.Pow: power,
    ops.Remainder: remainder,
    ops.BitwiseAnd: np.bitwise_and,
    ops.BitwiseOr: np.bitwise_or,
    ops.BitwiseXor: np.bitwise_xor,
    ops.ShiftLeft: shift_left,
    ops.ShiftRight: shift_right,
}
"""Functions of two plain numbers."""

MEANINGS: Mapping[Any, Any] = dict.fromkeys(FUNCTIONS, function)
