"""Convolutions and matrix products.

Accumulators are exact integers computed by floating-point matrix products: float32 while no sum of
magnitudes reaches 2**24, else float64 (2**53 is never reached).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, DType
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from codegen.reference import parameters
from codegen.reference.fixed_point import (
    Int64,
    int64,
    multiply_double_rounding,
    multiply_single_rounding,
    multiply_wide,
    wrap32,
)
from codegen.reference.parameters import LinearParams

PATCH_ELEMENTS = 2_000_000
"""Elements of the largest patch matrix of a convolution: bounds memory at about 16 MB."""


def fully_connected(op: FullyConnected, inputs: Sequence[Any]) -> list[Array]:
    """FULLY_CONNECTED of integers: the rows of x times the rows of the weights."""
    p = parameters.linear(op)
    weights = int64(inputs[1]) - p.w_zero
    rows = int64(inputs[0]).reshape(-1, weights.shape[1]) - p.x_zero
    dtype = _exact_type(weights, op.x.dtype)
    sums = rows.astype(dtype) @ weights.astype(dtype).T
    return [_finish(sums, p).reshape(op.infer_shapes()[0])]


def conv_2d(op: Conv2D, inputs: Sequence[Any]) -> list[Array]:
    """CONV_2D of integers by im2col, group by group, a few output rows at a time."""
    p = parameters.linear(op)
    weights = int64(inputs[1]) - p.w_zero
    return [_convolved(op, _padded(op, inputs[0], p.x_zero), weights, op.groups, p)]


def transpose_conv(op: TransposeConv, inputs: Sequence[Any]) -> list[Array]:
    """TRANSPOSE_CONV of integers: a convolution of the input, its pixels spread apart, with the kernel turned round."""
    p = parameters.linear(op)
    turned = (int64(inputs[1]) - p.w_zero)[:, ::-1, ::-1]
    plain = Conv2D(inputs=op.inputs, outputs=op.outputs)
    return [_convolved(plain, spread_apart(op, inputs[0].astype(np.int32) - p.x_zero), turned, 1, p)]


def spread_apart(op: TransposeConv, x: Array) -> Array:
    """The pixels of x `stride` apart, zeros between and around: what a convolution with the turned kernel takes."""
    n, h, w, c = x.shape
    (sy, sx), (kh, kw), (oh, ow) = op.stride, op.kernel, op.size
    result = np.zeros((n, oh + kh - 1 + sy * h, ow + kw - 1 + sx * w, c), x.dtype)
    top, left = kh - 1 - op.pad[0], kw - 1 - op.pad[1]
    result[:, top : top + h * sy : sy, left : left + w * sx : sx] = x
    return result[:, : oh + kh - 1, : ow + kw - 1]


def _convolved(op: Conv2D, padded: Array, weights: Int64, groups: int, p: LinearParams) -> Array:
    """Convolve centred, padded values with weights [O, KH, KW, C / groups] into y's shape."""
    dtype = _exact_type(weights, op.x.dtype)
    values = padded.astype(dtype)
    n, oh, ow, channels = op.y.shape
    per_group = weights.reshape(groups, channels // groups, -1).astype(dtype)
    step = max(1, PATCH_ELEMENTS // max(n * ow * per_group[0, 0].size * groups, 1))
    bands = []
    for top in range(0, oh, step):
        windows = _windows(op, values, top, min(top + step, oh), ow)
        parts = np.split(windows, groups, axis=-1)
        sums = [g.reshape(-1, w.shape[1]) @ w.T for g, w in zip(parts, per_group, strict=True)]
        bands.append(_finish(np.concatenate(sums, axis=1), p).reshape(n, -1, ow, channels))
    return np.concatenate(bands, axis=1)


def depthwise_conv_2d(op: DepthwiseConv2D, inputs: Sequence[Any]) -> list[Array]:
    """DEPTHWISE_CONV_2D of integers: one multiply-add of the whole image per kernel element."""
    p = parameters.linear(op)
    weights = int64(inputs[1][0]) - p.w_zero
    padded = _padded(op, inputs[0], p.x_zero)
    n, oh, ow, channels = op.infer_shapes()[0]
    windows = _windows(op, padded, 0, oh, ow)
    sums = np.zeros((n, oh, ow, channels), np.int64)
    for row, column in np.ndindex(weights.shape[:2]):
        sums += np.repeat(windows[:, :, :, row, column], op.multiplier, axis=-1) * weights[row, column]
    return [_finish(sums, p)]


def _exact_type(weights: Array, dtype: DType) -> type[np.floating[Any]]:
    """float32 when every partial sum of any values of `dtype`, less a zero point, times the weights is below 2**24."""
    magnitudes = np.abs(int64(weights)).reshape(weights.shape[0], -1).sum(axis=1)
    largest = dtype.limits[1] - dtype.limits[0]
    return np.float32 if int(magnitudes.max(initial=0)) * largest < 2**24 else np.float64


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
    total = int64(sums) + p.bias
    if p.factor is not None:
        return _rounded_in_double((total if p.wide else wrap32(total)) * p.factor, p)
    if p.wide:
        return int64(np.clip(multiply_wide(total, p.multiplier, p.shift) + p.y_zero, p.low, p.high))
    multiply = multiply_single_rounding if p.single_rounding else multiply_double_rounding
    scaled = multiply(wrap32(total), p.multiplier, p.shift)
    return int64(np.clip(scaled + p.y_zero, p.low, p.high))


def _rounded_in_double(product: Array, p: LinearParams) -> Int64:
    """Round a float64 product, ties away from zero; int16 has zero point 0."""
    real = np.clip(product, p.low, p.high)
    return int64(np.trunc(real) + (np.modf(real)[0] >= 0.5) - (np.modf(real)[0] <= -0.5))


MEANINGS: Mapping[Any, Any] = {
    FullyConnected: fully_connected,
    Conv2D: conv_2d,
    DepthwiseConv2D: depthwise_conv_2d,
    TransposeConv: transpose_conv,
}
