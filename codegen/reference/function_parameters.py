"""Integer parameters of the quantised functions of elementwise.py, as TFLite's Prepare functions compute them.

Multipliers and shifts are as in fixed_point.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.ir import DType, Operator, Quantization, Tensor, ops
from codegen.reference.exact_multiplier import exact_multiplier
from codegen.reference.fixed_point import quantize_multiplier
from codegen.reference.parameters import RequantizeParams, TableParams, clamp_range

COMPARISON_SHIFT = 8
SQUARED_DIFFERENCE_SHIFTS = {DType.INT8: 7, DType.INT16: 0}


def quant(tensor: Tensor) -> Quantization:
    """The quantisation of a tensor that has one."""
    assert tensor.quant is not None, f"{tensor.name} has no quantisation"
    return tensor.quant


def requantize_float32(op: Operator) -> RequantizeParams:
    """Parameters of ABS; the factor is computed in float32."""
    x, y = quant(op.x), quant(op.y)
    factor = quantize_multiplier(float(np.float32(x.scale) / np.float32(y.scale)))
    return RequantizeParams(x.zero_point, *factor, y.zero_point, *op.y.dtype.limits)


def requantize_double(op: Operator) -> RequantizeParams:
    """Parameters of SUM; the factor is computed in double."""
    x, y = quant(op.x), quant(op.y)
    return RequantizeParams(x.zero_point, *quantize_multiplier(x.scale / y.scale), y.zero_point, *op.y.dtype.limits)


def rsqrt(op: ops.Rsqrt) -> RequantizeParams:
    """Parameters of RSQRT: 1 / (sqrt(scale of x) * scale of y), the product in float32."""
    x, y = quant(op.x), quant(op.y)
    factor = 1.0 / float(np.sqrt(np.float32(x.scale)) * np.float32(y.scale))
    return RequantizeParams(x.zero_point, *quantize_multiplier(factor), y.zero_point, *op.y.dtype.limits)


def affine_table(op: Operator) -> TableParams:
    """Parameters of functions that TFLite tabulates."""
    x, y = quant(op.x), quant(op.y)
    return TableParams(x.scale, x.zero_point, y.scale, y.zero_point, *op.y.dtype.limits)


@dataclass(frozen=True)
class OperandParams:
    """An operand on a common scale: ((v - zero) << left_shift) times (multiplier, shift); double rounding."""

    zero: int
    left_shift: int
    multiplier: int
    shift: int


def compared(op: ops.Comparison) -> tuple[OperandParams, OperandParams]:
    """Both operands of a comparison: real values in fixed point, the scales themselves being the factors."""
    a, b = quant(op.x), quant(op.other)
    first = OperandParams(a.zero_point, COMPARISON_SHIFT, *quantize_multiplier(a.scale))
    return first, OperandParams(b.zero_point, COMPARISON_SHIFT, *quantize_multiplier(b.scale))


@dataclass(frozen=True)
class SquaredDifferenceParams:
    """SQUARED_DIFFERENCE: y = clamp(y_zero + (a' - b')^2 times (multiplier, shift)); double rounding."""

    a: OperandParams
    b: OperandParams
    multiplier: int
    shift: int
    y_zero: int
    low: int
    high: int


def squared_difference(op: ops.SquaredDifference) -> SquaredDifferenceParams:
    """Parameters of SQUARED_DIFFERENCE; factors are computed in double, of scales in float32."""
    a, b, y = quant(op.x), quant(op.other), quant(op.y)
    twice, left_shift = 2.0 * max(a.scale, b.scale), SQUARED_DIFFERENCE_SHIFTS[op.x.dtype]
    step = float(np.float32(1 << 2 * left_shift) * np.float32(y.scale))
    first = OperandParams(a.zero_point, left_shift, *quantize_multiplier(a.scale / twice))
    second = OperandParams(b.zero_point, left_shift, *quantize_multiplier(b.scale / twice))
    factor = quantize_multiplier(twice * twice / step)
    return SquaredDifferenceParams(first, second, *factor, y.zero_point, *op.y.dtype.limits)


@dataclass(frozen=True)
class DivParams:
    """DIV: y = clamp(y_zero + (a - a_zero) / (b - b_zero) times (multiplier, shift))."""

    a_zero: int
    b_zero: int
    multiplier: int
    shift: int
    y_zero: int
    low: int
    high: int


def div(op: ops.Div) -> DivParams:
    """Parameters of DIV; the factor is computed in float32."""
    a, b, y = quant(op.x), quant(op.other), quant(op.y)
    factor = np.float32(a.scale) / (np.float32(b.scale) * np.float32(y.scale))
    low, high = clamp_range(op.activation, y, op.y.dtype)
    return DivParams(a.zero_point, b.zero_point, *quantize_multiplier(float(factor)), y.zero_point, low, high)


@dataclass(frozen=True)
class BatchMatMulParams:
    """BATCH_MATMUL: y = clamp(y_zero + sum((a - a_zero) * (b - b_zero)) times (multiplier, shift)); double rounding."""

    a_zero: int
    b_zero: int
    multiplier: int
    shift: int
    y_zero: int


@dataclass(frozen=True)
class MatrixProductParams:
    """FULLY_CONNECTED of computed weights: y = clamp(y_zero + sum times (multiplier, shift)); single rounding."""

    x_zero: int
    w_zero: int
    multiplier: int
    shift: int
    y_zero: int
    low: int
    high: int


def matrix_product(op: ops.MatrixProduct) -> MatrixProductParams:
    """Parameters of FULLY_CONNECTED of computed weights: exact for every sum that the types allow."""
    x, w, y = quant(op.x), quant(op.weights), quant(op.y)
    low, high = clamp_range(op.activation, y, op.y.dtype)
    reach = op.weights.shape[1]
    for kind, zero in ((op.x.dtype, x.zero_point), (op.weights.dtype, w.zero_point)):
        reach *= max(kind.limits[1] - zero, zero - kind.limits[0])
    reach += 0 if op.bias is None else int(np.abs(op.bias.value.astype(np.int64)).max())
    factor = x.scale * w.scale / y.scale
    pair = exact_multiplier(factor, min(reach, 2**31 - 1), low - y.zero_point, high - y.zero_point)
    return MatrixProductParams(x.zero_point, w.zero_point, *pair, y.zero_point, low, high)


def batch_matmul(op: ops.BatchMatMul) -> BatchMatMulParams:
    """Parameters of BATCH_MATMUL; the product of the scales is computed in float32, the ratio in double."""
    a, b, y = quant(op.x), quant(op.operand(1)), quant(op.y)
    factor = float(np.float32(a.scale) * np.float32(b.scale)) / y.scale
    return BatchMatMulParams(a.zero_point, b.zero_point, *quantize_multiplier(factor), y.zero_point)
