"""Float32 meanings: the mathematical function of the float32 operands, rounded to float32.

Sums and functions are computed in double and rounded once, so the numbers are the same on every machine and
TFLite's own float32 kernels scatter around them.  Kernels agree within rounding, not bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Activation, Array, Tensor
from codegen.ir.ops import (
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    HardSwish,
    LeakyRelu,
    Logistic,
    MaxPool2D,
    Mean,
    Pool2D,
    PRelu,
    Relu,
    Relu6,
    ReluN1To1,
    Resize,
    ResizeBilinear,
    Softmax,
    Tanh,
    TransposeConv,
)
from codegen.reference import hybrid
from codegen.reference.linear import spread_apart

LARGEST = float(np.finfo(np.float32).max)
PATCH_ELEMENTS = 1_000_000
"""Elements of the largest patch matrix of a convolution: bounds memory at about 8 MB."""


def float_range(activation: Activation) -> tuple[float, float]:
    """Smallest and largest result of a fused activation; without bounds, those of finite float32 (as TFLite)."""
    low, high = activation.value
    return -LARGEST if low is None else low, LARGEST if high is None else high


def _finish(op: Any, sums: Array) -> list[Array]:
    """Clamp, and round to float32."""
    return [np.clip(sums, *float_range(op.activation)).astype(np.float32)]


Sums = Callable[[Any, Array, Array], Array]
"""The sums of products of a layer in double, from the operator, x and the weights; [N, ..., O]."""


def _layer(sums_of: Sums) -> Callable[[Any, Sequence[Any]], list[Array]]:
    """The meaning of a layer with weights, float32 or hybrid."""

    def meaning(op: Any, inputs: Sequence[Any]) -> list[Array]:
        x, weights, bias = inputs
        if op.is_hybrid:
            integers, scales = hybrid.quantized_input(op, x)
            sums = hybrid.scaled(op, sums_of(op, integers, weights), scales)
        else:
            sums = sums_of(op, x, weights)
        return _finish(op, (sums if bias is None else sums + bias.reshape(-1)).reshape(op.infer_shapes()[0]))

    return meaning


def _matrix_sums(_op: FullyConnected, x: Array, weights: Array) -> Array:
    """The rows of x times the rows of the weights."""
    return np.asarray(x.astype(np.float64).reshape(-1, weights.shape[1]) @ weights.astype(np.float64).T)


def _conv_sums(op: Conv2D, x: Array, weights: Array) -> Array:
    """By im2col, group by group, a few output rows at a time; padding is zero."""
    padded = np.pad(x, ((0, 0), op.pad_h, op.pad_w, (0, 0)))
    n, oh, ow, channels = op.infer_shapes()[0]
    per_group = weights.reshape(op.groups, channels // op.groups, -1).astype(np.float64)
    step = max(1, PATCH_ELEMENTS // (n * ow * per_group[0, 0].size * op.groups))
    bands = []
    for top in range(0, oh, step):
        windows = np.split(_windows(op, padded, top, min(top + step, oh), ow), op.groups, axis=-1)
        patches = [group.reshape(-1, per_group.shape[2]).astype(np.float64) for group in windows]
        sums = [patch @ w.T for patch, w in zip(patches, per_group, strict=True)]
        bands.append(np.concatenate(sums, axis=1).reshape(n, -1, ow, channels))
    return np.concatenate(bands, axis=1)


def _depthwise_sums(op: DepthwiseConv2D, x: Array, weights: Array) -> Array:
    """One multiply-add of the whole image per kernel element."""
    kernel = weights[0].astype(np.float64)
    padded = np.pad(x, ((0, 0), op.pad_h, op.pad_w, (0, 0))).astype(np.float64)
    n, oh, ow, channels = op.infer_shapes()[0]
    windows = _windows(op, padded, 0, oh, ow)
    sums = np.zeros((n, oh, ow, channels))
    for row, column in np.ndindex(kernel.shape[:2]):
        sums += np.repeat(windows[:, :, :, row, column], op.multiplier, axis=-1) * kernel[row, column]
    return sums


def _transposed_sums(op: TransposeConv, x: Array, weights: Array) -> Array:
    """A convolution of the input, its pixels spread apart, with the kernel turned round."""
    spread, turned = spread_apart(op, x), np.ascontiguousarray(weights[:, ::-1, ::-1])
    operands = [Tensor("spread", spread.shape, op.x.dtype), Tensor("turned", turned.shape, op.x.dtype), None]
    return _conv_sums(Conv2D(inputs=operands, outputs=[]), spread, turned)


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


def average_pool_2d(op: AveragePool2D, inputs: Sequence[Any]) -> list[Array]:
    """AVERAGE_POOL_2D: the sum of the elements inside the input by their number."""
    total = sum(_taps(op, inputs[0].astype(np.float64), 0.0))
    count = sum(_taps(op, np.ones((1, *inputs[0].shape[1:3], 1)), 0.0))
    return _finish(op, np.asarray(total / count))


def max_pool_2d(op: MaxPool2D, inputs: Sequence[Any]) -> list[Array]:
    """MAX_POOL_2D: the largest element inside the input."""
    return _finish(op, np.max([*_taps(op, inputs[0], -LARGEST)], axis=0))


def _taps(op: Pool2D, x: Array, border: float) -> Iterator[Array]:
    """For each element of the kernel, what the outputs see there; `border` outside the input."""
    padded = np.pad(x, ((0, 0), op.pad_h, op.pad_w, (0, 0)), constant_values=border)
    (sy, sx), (_, oh, ow, _) = op.stride, op.infer_shapes()[0]
    for row, column in np.ndindex(*op.kernel):
        yield padded[:, row : row + (oh - 1) * sy + 1 : sy, column : column + (ow - 1) * sx + 1 : sx]


def mean(op: Mean, inputs: Sequence[Any]) -> list[Array]:
    """MEAN."""
    return [inputs[0].mean(axis=op.axes, keepdims=op.keep_dims, dtype=np.float64).astype(np.float32)]


def _function(function: Callable[[Array], Array]) -> Callable[[Any, Sequence[Any]], list[Array]]:
    """The meaning of a function of one operand."""

    def meaning(_op: Any, inputs: Sequence[Any]) -> list[Array]:
        with np.errstate(all="ignore"):
            return [function(inputs[0].astype(np.float64)).astype(np.float32)]

    return meaning


def leaky_relu(op: LeakyRelu, inputs: Sequence[Any]) -> list[Array]:
    """LEAKY_RELU."""
    return [np.where(inputs[0] > 0, inputs[0], inputs[0] * np.float32(op.alpha))]


def prelu(_op: PRelu, inputs: Sequence[Any]) -> list[Array]:
    """PRELU."""
    return [np.where(inputs[0] >= 0, inputs[0], inputs[0] * inputs[1])]


def softmax(op: Softmax, inputs: Sequence[Any]) -> list[Array]:
    """SOFTMAX over the last axis."""
    x = inputs[0].astype(np.float64)
    powers = np.exp((x - x.max(axis=-1, keepdims=True)) * float(np.float32(op.beta)))
    return [(powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)]


BilinearAxis = tuple[Array, Array, Array]
"""Lower source, upper source (int32), weight of the upper (float32)."""


def bilinear_axes(op: Resize) -> tuple[BilinearAxis, BilinearAxis]:
    """Sources and weights of the rows and of the columns of RESIZE_BILINEAR, in float32 as TFLite computes them."""
    rows, columns = (_bilinear(op, op.x.shape[axis], op.size[axis - 1]) for axis in (1, 2))
    return rows, columns


def _bilinear(op: Resize, in_size: int, out_size: int) -> BilinearAxis:
    corners = op.align_corners and out_size > 1
    scale = np.float32(in_size - corners) / np.float32(out_size - corners)
    half = np.float32(0.5 if op.half_pixel_centers else 0.0)
    position = (np.arange(out_size, dtype=np.float32) + half) * scale - half
    lower = np.maximum(np.floor(position), 0).astype(np.int32)
    upper = np.minimum(np.ceil(position), in_size - 1).astype(np.int32)
    return lower, upper, (position - lower.astype(np.float32)).astype(np.float32)


def resize_bilinear(op: ResizeBilinear, inputs: Sequence[Any]) -> list[Array]:
    """RESIZE_BILINEAR: four weighted neighbours."""
    value = inputs[0].astype(np.float64)
    for axis, (lower, upper, weight) in enumerate(bilinear_axes(op), 1):
        part = weight.astype(np.float64).reshape(-1, *[1] * (3 - axis))
        value = value.take(lower, axis) * (1 - part) + value.take(upper, axis) * part
    return [value.astype(np.float32)]


def resize_bilinear_u8(op: ResizeBilinear, inputs: Sequence[Any]) -> list[Array]:
    """RESIZE_BILINEAR of uint8: as of float32, but every step rounded to float32 in TFLite's order; 1/2 up."""
    x = inputs[0].astype(np.float32)
    (top, bottom, below), (left, right, beside) = bilinear_axes(op)
    below, beside = below[:, None, None], beside[:, None]
    one = np.float32(1)
    above, lines = x.take(top, 1), x.take(bottom, 1)
    total = above.take(left, 2) * (one - below) * (one - beside)
    total = total + lines.take(left, 2) * below * (one - beside)
    total = total + above.take(right, 2) * (one - below) * beside
    total = total + lines.take(right, 2) * below * beside
    return [np.trunc(total + np.float32(0.5))]


UINT8_MEANINGS: Mapping[Any, Any] = {ResizeBilinear: resize_bilinear_u8}
MEANINGS: Mapping[Any, Any] = {
    FullyConnected: _layer(_matrix_sums),
    Conv2D: _layer(_conv_sums),
    DepthwiseConv2D: _layer(_depthwise_sums),
    TransposeConv: _layer(_transposed_sums),
    AveragePool2D: average_pool_2d,
    MaxPool2D: max_pool_2d,
    Mean: mean,
    Relu: _function(lambda x: np.maximum(x, 0)),
    Relu6: _function(lambda x: np.clip(x, 0, 6)),
    ReluN1To1: _function(lambda x: np.clip(x, -1, 1)),
    Logistic: _function(lambda x: 1 / (1 + np.exp(-x))),
    Tanh: _function(np.tanh),
    HardSwish: _function(lambda x: x * np.clip(x + 3, 0, 6) / 6),
    LeakyRelu: leaky_relu,
    PRelu: prelu,
    Softmax: softmax,
    ResizeBilinear: resize_bilinear,
}
"""Meanings of the operators whose integer form is another computation (the others ignore the type)."""
