"""Changes of representation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, DType, Quantization, Tensor
from codegen.ir.ops import Dequantize, Quantize
from codegen.reference import parameters
from codegen.reference.fixed_point import INT32_MIN, int64, multiply_double_rounding, wrap32


def quantize(op: Quantize, inputs: Sequence[Any]) -> list[Array]:
    """QUANTIZE: requantisation of integers (double rounding), or rounding of floats, ties away from zero."""
    if op.x.dtype is DType.FLOAT32:
        return [_from_float(inputs[0], op.y)]
    p = parameters.requantize(op)
    raw = multiply_double_rounding(int64(inputs[0]) - p.x_zero, p.multiplier, p.shift)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def _from_float(x: Array, y: Tensor) -> Array:
    """X / scale in float32, rounded, ties away from zero, plus the zero point, saturated."""
    assert y.quant is not None
    scale, zero = _along_axis(y.quant, x.ndim)
    with np.errstate(all="ignore"):
        real = (x / scale.astype(np.float32)).astype(np.float64)
    nearest = np.trunc(real + np.copysign(0.5, real))
    fits = np.abs(nearest) < 2.0**31
    integer = int64(np.where(fits, nearest, INT32_MIN))
    return np.clip(wrap32(integer + zero), *y.dtype.limits)


def dequantize(op: Dequantize, inputs: Sequence[Any]) -> list[Array]:
    """DEQUANTIZE: scale * (x - zero_point), the product rounded once to float32; float16 as it is."""
    if op.x.dtype is DType.FLOAT16:
        return [inputs[0].astype(np.float32)]
    assert op.x.quant is not None
    scale, zero = _along_axis(op.x.quant, inputs[0].ndim)
    return [(scale * (int64(inputs[0]) - zero)).astype(np.float32)]


def _along_axis(quant: Quantization, rank: int) -> tuple[Array, Array]:
    """Scales (float64) and zero points, shaped to broadcast along the quantised axis."""
    shape = [1] * rank
    if quant.axis is not None:
        shape[quant.axis] = len(quant.scales)
    return np.array(quant.scales).reshape(shape), np.array(quant.zero_points).reshape(shape)


MEANINGS: Mapping[Any, Any] = {Quantize: quantize, Dequantize: dequantize}
