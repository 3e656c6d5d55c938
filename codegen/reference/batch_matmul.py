"""Products of two computed matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, DType, ops
from codegen.reference import function_parameters as parameters
from codegen.reference.fixed_point import (
    int64,
    multiply_double_rounding,
    multiply_single_rounding,
    multiply_wide,
    wrap32,
)


def batch_matmul(op: ops.BatchMatMul, inputs: Sequence[Any]) -> list[Array]:
    """BATCH_MATMUL: exact sums, requantised, of int16 in 64 bits; float32 in double, rounded once."""
    a, b = (np.swapaxes(v, -1, -2) if adj else v for v, adj in zip(inputs, (op.adj_x, op.adj_y), strict=True))
    if op.y.dtype is DType.FLOAT32:
        return [np.matmul(a.astype(np.float64), b.astype(np.float64))]
    p = parameters.batch_matmul(op)
    if op.y.dtype is DType.INT16:
        return [np.clip(multiply_wide(np.matmul(int64(a), int64(b)), p.multiplier, p.shift), *op.y.dtype.limits)]
    sums = wrap32(np.matmul(int64(a) - p.a_zero, int64(b) - p.b_zero))
    raw = multiply_double_rounding(sums, p.multiplier, p.shift) + p.y_zero
    return [np.clip(raw, *op.y.dtype.limits)]


def matrix_product(op: ops.MatrixProduct, inputs: Sequence[Any]) -> list[Array]:
    """FULLY_CONNECTED of computed weights: rounded once."""
    p = parameters.matrix_product(op)
    x, weights, bias = inputs
    rows = int64(x).reshape(-1, weights.shape[1]) - p.x_zero
    sums = rows @ (int64(weights) - p.w_zero).T + (0 if bias is None else int64(bias).reshape(-1))
    raw = multiply_single_rounding(wrap32(sums), p.multiplier, p.shift) + p.y_zero
    return [np.clip(raw, p.low, p.high).reshape(op.infer_shapes()[0])]


MEANINGS: Mapping[Any, Any] = {ops.BatchMatMul: batch_matmul, ops.MatrixProduct: matrix_product}
