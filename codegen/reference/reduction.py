"""Reductions beside the mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, DType, Operator, ops
from codegen.ir.constraints import is_quantized
from codegen.reference import function_parameters as parameters
from codegen.reference.fixed_point import int64, multiply_double_rounding, wrap32

FUNCTIONS: Mapping[type[Operator], Callable[..., Array]] = {
    ops.Sum: np.sum,
    ops.ReduceProd: np.prod,
    ops.ReduceMax: np.max,
    ops.ReduceMin: np.min,
    ops.ReduceAny: np.any,
    ops.ReduceAll: np.all,
}


def reduction(op: ops.Reduction, inputs: Sequence[Any]) -> list[Array]:
    """The function over the axes; sums and products of floats in double, of integers modulo their size."""
    (x,) = inputs
    if isinstance(op, ops.Sum) and is_quantized(op.x):
        return quantized_sum(op, x)
    wide = {"dtype": np.float64 if op.x.dtype is DType.FLOAT32 else x.dtype}
    with np.errstate(all="ignore"):
        return [
            np.asarray(
                FUNCTIONS[type(op)](
                    x, axis=op.axes, keepdims=op.keep_dims, **(wide if isinstance(op, ops.Sum | ops.ReduceProd) else {})
                )
            )
        ]


def quantized_sum(op: ops.Sum, x: Array) -> list[Array]:
    """SUM of quantised elements: the exact sum, requantised."""
    p = parameters.requantize_double(op)
    count = math.prod(op.x.shape[axis] for axis in op.axes)
    total = wrap32(int64(x).sum(axis=op.axes, keepdims=op.keep_dims) - count * p.x_zero)
    return [np.clip(multiply_double_rounding(total, p.multiplier, p.shift) + p.y_zero, p.low, p.high)]


def arg_extreme(op: ops.ArgExtreme, inputs: Sequence[Any]) -> list[Array]:
    """ARG_MAX and ARG_MIN."""
    find = np.argmax if isinstance(op, ops.ArgMax) else np.argmin
    return [np.asarray(find(inputs[0], axis=op.axis))]


def cumsum(op: ops.CumSum, inputs: Sequence[Any]) -> list[Array]:
    """CUMSUM; floats in double, integers modulo their size."""
    x = np.flip(inputs[0], op.axis) if op.reverse else inputs[0]
    sums = np.cumsum(x, axis=op.axis, dtype=np.float64 if op.x.dtype is DType.FLOAT32 else x.dtype)
    sums = sums - x if op.exclusive else sums
    return [np.flip(sums, op.axis) if op.reverse else sums]


MEANINGS: Mapping[Any, Any] = {
    **dict.fromkeys(FUNCTIONS, reduction),
    ops.ArgMax: arg_extreme,
    ops.ArgMin: arg_extreme,
    ops.CumSum: cumsum,
}
