"""Windows and reductions without weights, int8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import AveragePool2D, MaxPool2D, Mean, Pool2D
from codegen.reference import parameters
from codegen.reference.fixed_point import int64, multiply_double_rounding, wrap32


def average_pool_2d(op: AveragePool2D, inputs: Sequence[Any]) -> list[Array]:
    """AVERAGE_POOL_2D: the sum of the elements inside the input by their number, ties away from zero."""
    p = parameters.average_pool(op)
    x = inputs[0].astype(np.int32)
    total = sum(_taps(op, x, 0))
    count = sum(_taps(op, np.ones((1, *x.shape[1:3], 1), np.int32), 0))
    shifted = total + op.offset * count
    mean = np.sign(shifted) * ((np.abs(shifted) + count // 2) // count)
    return [np.clip(mean - op.offset, p.low, p.high)]


def max_pool_2d(op: MaxPool2D, inputs: Sequence[Any]) -> list[Array]:
    """MAX_POOL_2D: the largest element inside the input."""
    p = parameters.max_pool(op)
    lowest, _ = op.y.dtype.limits
    best = None
    for tap in _taps(op, inputs[0], lowest):
        best = tap if best is None else np.maximum(best, tap)
    assert best is not None
    return [np.clip(best, p.low, p.high)]


def _taps(op: Pool2D, x: Array, border: int) -> Iterator[Array]:
    """For each element of the kernel, what the outputs see there; `border` outside the input."""
    padded = np.pad(x, ((0, 0), op.pad_h, op.pad_w, (0, 0)), constant_values=border)
    (kh, kw), (sy, sx) = op.kernel, op.stride
    _, oh, ow, _ = op.infer_shapes()[0]
    for row in range(kh):
        for column in range(kw):
            yield padded[:, row : row + (oh - 1) * sy + 1 : sy, column : column + (ow - 1) * sx + 1 : sx]


def mean(op: Mean, inputs: Sequence[Any]) -> list[Array]:
    """MEAN: the exact sum, requantised with the count folded into the multiplier."""
    p = parameters.mean(op)
    total = wrap32(int64(inputs[0]).sum(axis=op.axes, keepdims=op.keep_dims) - p.count * p.x_zero)
    raw = multiply_double_rounding(total, p.multiplier, p.shift)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


MEANINGS: Mapping[Any, Any] = {AveragePool2D: average_pool_2d, MaxPool2D: max_pool_2d, Mean: mean}
