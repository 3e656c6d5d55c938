"""Convolutions and matrix products.

Accumulators are exact integers computed by floating-point matrix products: float32 while no sum of
magnitudes reaches 2**24, else float64 (2**53 is never reached).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.fixed_point import (
    Int64,
    int64,
    multiply_double_rounding,
    multiply_single_rounding,
    wrap32,
)
from codegen.reference.parameters import LinearParams

PATCH_ELEMENTS = 2_000_000
"""Elements of the largest patch matrix of a convolution: bounds memory at about 16 MB."""


def fully_connected(op: FullyConnected, inputs: Sequence[Any]) -> list[Array]:
    """FULLY_CONNECTED int8: the rows of x times the rows of the weights."""
    p = parameters.linear(op)
    weights = int64(inputs[1])
    rows = int64(inputs[0]).reshape(-1, weights.shape[1]) - p.x_zero
    dtype = _exact_type(weights)
    sums = rows.astype(dtype) @ weights.astype(dtype).T
    return [_finish(sums, p).reshape(op.infer_shapes()[0])]


def conv_2d(op: Conv2D, inputs: Sequence[Any]) -> list[Array]:
    """CONV_2D int8 by im2col, group by group, a few output rows at a time."""
    p = parameters.linear(op)
    weights: Array = inputs[1]
    dtype = _exact_type(weights)
    padded = _padded(op, inputs[0], p.x_zero).astype(dtype)
    n, oh, ow, _ = op.infer_shapes()[0]
    depth = weights.shape[0] // op.groups
    per_group = weights.reshape(op.groups, depth, -1).astype(dtype)
    step = max(1, PATCH_ELEMENTS // max(n * ow * per_group[0, 0].size * op.groups, 1))
    bands = []
    for top in range(0, oh, step):
        windows = _windows(op, padded, top, min(top + step, oh), ow)
        groups = np.split(windows, op.groups, axis=-1)
        sums = [g.reshape(-1, w.shape[1]) @ w.T for g, w in zip(groups, per_group, strict=True)]
        bands.append(_finish(np.concatenate(sums, axis=1), p).reshape(n, -1, ow, weights.shape[0]))
    return [np.concatenate(bands, axis=1)]


def depthwise_conv_2d(op: DepthwiseConv2D, inputs: Sequence[Any]) -> list[Array]:
    """DEPTHWISE_CONV_2D int8: one multiply-add of the whole image per kernel element."""
    p = parameters.linear(op)
    weights = inputs[1][0].astype(np.int32)
    padded = _padded(op, inputs[0], p.x_zero)
    n, oh, ow, channels = op.infer_shapes()[0]
    windows = _windows(op, padded, 0, oh, ow)
    sums = np.zeros((n, oh, ow, channels), np.int32)
    for row, column in np.ndindex(weights.shape[:2]):
        sums += np.repeat(windows[:, :, :, row, column], op.multiplier, axis=-1) * weights[row, column]
    return [_finish(sums, p)]


def _exact_type(weights: Array) -> type[np.floating[Any]]:
    """float32 when every partial sum of |x| <= 255 times the weights stays below 2**24."""
    magnitudes = np.abs(int64(weights)).reshape(weights.shape[0], -1).sum(axis=1)
    return np.float32 if int(magnitudes.max(initial=0)) * 255 < 2**24 else np.float64


def _padded(op: Conv2D | DepthwiseConv2D, x: Array, zero: int) -> Array:
    """X minus its zero point, int32, with a border of zeros."""
    return np.pad(x.astype(np.int32) - zero, ((0, 0), op.pad_h, op.pad_w, (0, 0)))


def _windows(op: Conv2D | DepthwiseConv2D, padded: Array, top: int, bottom: int, width: int) -> Array:
    """A view [N, bottom - top, width, KH, KW, C]: what the outputs of rows [top, bottom) see."""
    n, h, w, c = padded.strides
    (sy, sx), (dy, dx), (kh, kw) = op.stride, op.dilation, op.kernel
    return np.lib.stride_tricks.as_strided(
        padded[:, top * sy :],
        (padded.shape[0], bottom - top, width, kh, kw, padded.shape[3]),
        (n, h * sy, w * sx, h * dy, w * dx, c),
        writeable=False,
    )


def _finish(sums: Array, p: LinearParams) -> Int64:
    """Bias, requantisation and clamp of accumulators [..., O]."""
    multiply = multiply_single_rounding if p.single_rounding else multiply_double_rounding
    scaled = multiply(wrap32(int64(sums) + p.bias), p.multiplier, p.shift)
    return int64(np.clip(scaled + p.y_zero, p.low, p.high))


MEANINGS: Mapping[Any, Any] = {
    FullyConnected: fully_connected,
    Conv2D: conv_2d,
    DepthwiseConv2D: depthwise_conv_2d,
}
