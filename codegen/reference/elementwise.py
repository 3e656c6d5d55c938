"""Element-wise functions beyond the activations: mathematics, comparison, logic, choice, conversion.

Functions of float32 are evaluated in double and rounded, which is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, DType, Operator, ops
from codegen.ir.constraints import is_quantized
from codegen.reference import function_parameters as parameters
from codegen.reference import functions
from codegen.reference.exponential import one_over_one_plus
from codegen.reference.fixed_point import (
    Int64,
    doubling_high_mul,
    int64,
    multiply_double_rounding,
    rounding_shift_right,
    wrap32,
)
from codegen.reference.inverse_root import inverse_root

Function = Callable[..., Array]


def _elu(x: Array) -> Array:
    return np.where(x < 0, np.expm1(np.minimum(x, 0)), x)


UNARY: Mapping[type[Operator], Function] = {
    ops.Abs: np.abs,
    ops.Neg: np.negative,
    ops.Sqrt: np.sqrt,
    ops.Rsqrt: lambda x: 1 / np.sqrt(x),
    ops.Square: np.square,
    ops.Sin: np.sin,
    ops.Cos: np.cos,
    ops.Exp: np.exp,
    ops.Log: np.log,
    ops.Floor: np.floor,
    ops.Ceil: np.ceil,
    ops.Round: np.rint,
    ops.Elu: _elu,
    ops.LogicalNot: np.logical_not,
}
"""Functions of plain numbers."""


def unary(op: Operator, inputs: Sequence[Any]) -> list[Array]:
    """A function of one operand: of the real value when it is quantised, of the number itself otherwise."""
    (x,) = inputs
    if is_quantized(op.x) and type(op) in QUANTIZED_UNARY:
        return QUANTIZED_UNARY[type(op)](op, x)
    with np.errstate(all="ignore"):
        return [UNARY[type(op)](x.astype(np.float64) if op.x.dtype is DType.FLOAT32 else x)]


def quantized_abs(op: ops.Abs, x: Array) -> list[Array]:
    """ABS: requantised unless both scales are equal."""
    p = parameters.requantize_float32(op)
    value = np.abs(int64(x) - p.x_zero)
    if op.x.quant and op.y.quant and op.x.quant.scale != op.y.quant.scale:
        value = multiply_double_rounding(value, p.multiplier, p.shift)
    return [np.clip(value + p.y_zero, p.low, p.high)]


RSQRT_SHIFT = 20
"""Fraction bits of the quantised reciprocal square root before it is rescaled."""


def quantized_rsqrt(op: ops.Rsqrt, x: Array) -> list[Array]:
    """RSQRT in fixed point; the largest output at and (TFLite refuses it) below the zero point."""
    p = parameters.rsqrt(op)
    value = int64(x) - p.x_zero
    multiplier, shift = inverse_root(np.maximum(value, 1))
    root = multiply_double_rounding(np.ones_like(value), multiplier, shift + RSQRT_SHIFT)
    raw = multiply_double_rounding(root, p.multiplier, p.shift - RSQRT_SHIFT) + p.y_zero
    return [np.where(value > 0, np.clip(raw, p.low, p.high), p.high)]


def tabulated(op: Operator, x: Array) -> list[Array]:
    """EXP, LOG, ELU: dequantise, apply, quantise, in float32 as TFLite fills its table; the function in double.

    Of ELU the exponential is rounded before 1 is taken off.
    """
    p = parameters.affine_table(op)
    real = (x.astype(np.float32) - np.float32(p.x_zero)) * np.float32(p.x_scale)
    with np.errstate(all="ignore"):
        result = UNARY[type(op)](real.astype(np.float64)).astype(np.float32)
    if isinstance(op, ops.Elu):
        below = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32) - np.float32(1)
        result = np.where(real < 0, below, real)
    if isinstance(op, ops.Log):
        lowest = np.float32(p.low - p.y_zero) * np.float32(p.y_scale)
        result = np.where(real > 0, result, lowest)
    with np.errstate(over="ignore"):
        scaled = (result * (np.float32(1) / np.float32(p.y_scale))).astype(np.float64)
    return [np.clip(np.trunc(scaled + np.copysign(0.5, scaled)) + p.y_zero, p.low, p.high)]


def quantized_sqrt(op: ops.Sqrt, x: Array) -> list[Array]:
    """SQRT: the root in float32, cut off to steps of the output; below the zero point (TFLite refuses it) as there."""
    p = parameters.affine_table(op)
    real = np.float32(p.x_scale) * np.maximum(int64(x) - p.x_zero, 0).astype(np.float32)
    steps = (np.sqrt(real) / np.float32(p.y_scale)).astype(np.float64)
    return [np.clip(np.trunc(steps) + p.y_zero, p.low, p.high)]


QUANTIZED_UNARY: Mapping[type[Operator], Callable[[Any, Array], list[Array]]] = {
    ops.Abs: quantized_abs,
    ops.Sqrt: quantized_sqrt,
    ops.Rsqrt: quantized_rsqrt,
    ops.Exp: tabulated,
    ops.Log: tabulated,
    ops.Elu: tabulated,
}


def _divide(a: Array, b: Array) -> Array:
    """Toward zero for integers, 0 where they are divided by 0."""
    if a.dtype.kind == "f":
        return np.divide(a, b)
    divisor = np.where(b == 0, 1, b)
    down = np.floor_divide(a, divisor)
    rest = (a - down * divisor != 0) & ((a < 0) != (b < 0))
    return np.where(b == 0, 0, down + rest).astype(a.dtype)


def _floor_divide(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.floor(a.astype(np.float64) / b.astype(np.float64))
    return np.where(b == 0, 0, np.floor_divide(a, np.where(b == 0, 1, b)))


def _floor_mod(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        rest = np.fmod(a, b)
        return np.where(((rest < 0) & (b > 0)) | ((rest > 0) & (b < 0)), rest + b, rest)
    return np.where(b == 0, 0, np.mod(a, np.where(b == 0, 1, b)))


BINARY: Mapping[type[Operator], Function] = {
    ops.Div: _divide,
    ops.FloorDiv: _floor_divide,
    ops.FloorMod: _floor_mod,
    ops.SquaredDifference: lambda a, b: (a - b) * (a - b),
    ops.LogicalAnd: np.logical_and,
    ops.LogicalOr: np.logical_or,
    ops.Equal: np.equal,
    ops.NotEqual: np.not_equal,
    ops.Greater: np.greater,
    ops.GreaterEqual: np.greater_equal,
    ops.Less: np.less,
    ops.LessEqual: np.less_equal,
    **functions.BINARY,
}
"""Functions of plain numbers."""


def binary(op: ops.Binary, inputs: Sequence[Any]) -> list[Array]:
    """A function of two operands on the stored numbers, or on quantised ones."""
    a, b = inputs
    if isinstance(op, ops.Comparison) and op.of_reals:
        a, b = (_common_scale(v, p) for v, p in zip((a, b), parameters.compared(op), strict=True))
    elif is_quantized(op.x) and type(op) in QUANTIZED_BINARY:
        return QUANTIZED_BINARY[type(op)](op, a, b)
    low, high = (None if v is None else op.y.dtype.numpy.type(v) for v in op.activation.value)
    with np.errstate(all="ignore"):
        y = BINARY[type(op)](a, b)
    return [y if low is None and high is None else np.clip(y, low, high)]


def _common_scale(x: Array, p: parameters.OperandParams) -> Int64:
    """An operand on the common scale of both."""
    return multiply_double_rounding((int64(x) - p.zero) << p.left_shift, p.multiplier, p.shift)


def squared_difference(op: ops.SquaredDifference, a: Array, b: Array) -> list[Array]:
    """SQUARED_DIFFERENCE: both operands to one scale, the square to the output's."""
    p = parameters.squared_difference(op)
    difference = _common_scale(a, p.a) - _common_scale(b, p.b)
    raw = multiply_double_rounding(wrap32(difference * difference), p.multiplier, p.shift)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def divide(op: ops.Div, a: Array, b: Array) -> list[Array]:
    """DIV: the dividend, normalised, times a fixed-point reciprocal of the divisor."""
    p = parameters.div(op)
    x, d = np.broadcast_arrays(int64(a) - p.a_zero, int64(b) - p.b_zero)
    x, d = np.where(d < 0, -x, x), np.abs(d)
    bits = np.frexp(np.maximum(d, 1).astype(np.float64))[1].astype(np.int64)
    reciprocal = one_over_one_plus((np.maximum(d, 1) << (32 - bits)) - (1 << 31))
    magnitude = np.where(x < 0, ~x, x)
    headroom = 31 - np.frexp(magnitude.astype(np.float64))[1].astype(np.int64)
    quotient = doubling_high_mul(x << headroom, reciprocal)
    right = (bits - 1) + headroom - p.shift
    raw = rounding_shift_right(doubling_high_mul(quotient, p.multiplier), np.clip(right, 0, 31))
    raw = np.where((x == 0) | (right > 31), 0, raw) + p.y_zero
    by_zero = np.where(x > 0, p.high, p.low)
    return [np.where((d == 0) & (x != 0), by_zero, np.clip(raw, p.low, p.high))]


QUANTIZED_BINARY: Mapping[type[Operator], Callable[[Any, Array, Array], list[Array]]] = {
    ops.SquaredDifference: squared_difference,
    ops.Div: divide,
}


def select(op: ops.Select, inputs: Sequence[Any]) -> list[Array]:
    """The second operand where the first holds, else the third."""
    del op
    return [np.where(*inputs)]


def cast(op: ops.Cast, inputs: Sequence[Any]) -> list[Array]:
    """CAST; floats beyond the range, and NaN, are the smallest int32 (int64) before their low bits are taken."""
    (x,) = inputs
    target = op.y.dtype
    if target is DType.BOOL:
        return [x != 0]
    if op.x.dtype is not DType.FLOAT32 or target is DType.FLOAT32:
        return [x.astype(target.numpy)]
    whole = np.dtype(np.int64 if target is DType.INT64 else np.int32)
    limit = 2.0 ** (whole.itemsize * 8 - 1)
    inside = (x >= -limit) & (x < limit)
    return [np.where(inside, np.where(inside, x, 0).astype(whole), np.iinfo(whole).min).astype(target.numpy)]


MEANINGS: Mapping[Any, Any] = {
    **dict.fromkeys(UNARY, unary),
    **dict.fromkeys(BINARY, binary),
    ops.Select: select,
    ops.Cast: cast,
}
