"""Products of two computed matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, DType, ops
from codegen.reference import function_parameters as parameters
from codegen.reference.fixed_point import int64, multiply_double_rounding, wrap32


def batch_matmul(op: ops.BatchMatMul, inputs: Sequence[Any]) -> list[Array]:
    """BATCH_MATMUL: exact sums, requantised; float32 in double, rounded once."""
    a, b = (np.swapaxes(v, -1, -2) if adj else v for v, adj in zip(inputs, (op.adj_x, op.adj_y), strict=True))
    if op.y.dtype is DType.FLOAT32:
        return [np.matmul(a.astype(np.float64), b.astype(np.float64))]
    p = parameters.batch_matmul(op)
    sums = wrap32(np.matmul(int64(a) - p.a_zero, int64(b) - p.b_zero))
    raw = multiply_double_rounding(sums, p.multiplier, p.shift) + p.y_zero
    return [np.clip(raw, *op.y.dtype.limits)]


MEANINGS: Mapping[Any, Any] = {ops.BatchMatMul: batch_matmul}
