"""Hybrid layers: float32 activations are quantised to 8 bits at run time and meet int8 weights.

TFLite's rules: a matrix product quantises each row, symmetrically unless the file says otherwise; a convolution each
image, symmetrically when its weights have one scale, else asymmetrically; a depthwise convolution asymmetrically.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from codegen.ir import Array, DType, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected

Layer = Conv2D | DepthwiseConv2D | FullyConnected


def is_asymmetric(op: Layer) -> bool:
    """Whether the input is quantised with a zero point."""
    if isinstance(op, FullyConnected):
        return op.asymmetric_inputs
    quant = op.weights.quant
    return isinstance(op, DepthwiseConv2D) or op.groups > 1 or (quant is not None and quant.per_channel)


def weight_scales(op: Layer) -> Array:
    """Scale of each output channel's weights, float32."""
    assert op.weights.quant is not None
    return np.broadcast_to(np.array(op.weights.quant.scales, np.float32), op.y.shape[-1:])


def quantized_input(op: Layer, x: Array) -> tuple[Array, Array]:
    """The integers x / scale (float64, of x's shape), and the scales (float32), one per row or image."""
    parts = x.reshape(-1, op.weights.shape[1]) if isinstance(op, FullyConnected) else x
    quantize = _asymmetric if is_asymmetric(op) else _symmetric
    integers, scales = zip(*(quantize(part) for part in parts), strict=True)
    return np.stack(integers).reshape(x.shape), np.array(scales, np.float32)


def _symmetric(x: Array) -> tuple[Array, np.float32]:
    """To -127 ... 127 (TFLite's SymmetricQuantizeFloats), every step in float32."""
    reach = np.abs(x).max()
    if reach == 0:
        return np.zeros(x.shape), np.float32(1)
    integers = _nearest(x * (np.float32(127) / reach))
    return np.clip(integers, -127, 127), reach / np.float32(127)


def _asymmetric(x: Array) -> tuple[Array, np.float32]:
    """To -128 ... 127 with a zero point that is then subtracted (AsymmetricQuantizeFloats): the scale in double."""
    low, high = min(0.0, float(x.min())), max(0.0, float(x.max()))
    if low == high:
        return np.zeros(x.shape), np.float32(1)
    exact = (high - low) / 255
    from_low, from_high = -128 - low / exact, 127 - high / exact
    zero = from_low if 128 + abs(low / exact) < 127 + abs(high / exact) else from_high
    zero_point = np.float32(np.clip(_nearest(np.array(zero)), -128, 127))
    scale = np.float32(exact)
    integers = np.clip(_nearest(zero_point + x * (np.float32(1) / scale)), -128, 127)
    return integers - float(zero_point), scale


def _nearest(values: Array) -> Array:
    """Rounded, ties away from zero."""
    exact = values.astype(np.float64)
    return np.asarray(np.trunc(exact + np.copysign(0.5, exact)))


def times(x: Array, weights: Tensor, *, asymmetric: bool) -> Array:
    """Rows of floats times a matrix's rows: in double, or of int8 weights, the rows quantised, in float32."""
    if weights.dtype is not DType.INT8:
        return np.asarray(x.astype(np.float64) @ weights.value.astype(np.float64).T)
    assert weights.quant is not None
    quantize = _asymmetric if asymmetric else _symmetric
    integers, scales = zip(*(quantize(row) for row in x.astype(np.float32)), strict=True)
    factors = np.array(scales, np.float32) * np.float32(weights.quant.scale)
    with np.errstate(all="ignore"):
        sums = np.stack(integers) @ weights.value.astype(np.float64).T
        return np.asarray(sums.astype(np.float32) * factors[:, None])


def scaled(op: Layer, sums: Array, scales: Array) -> Any:
    """Sums [N, ..., O] of integer products, times the scales of the input and of the weights, in float32."""
    shape = (len(scales), *[1] * (sums.ndim - 1))
    return sums.astype(np.float32) * (scales.reshape(shape) * weight_scales(op))
