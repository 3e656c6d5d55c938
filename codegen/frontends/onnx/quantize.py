"""Conversions between floats and quantised integers of ONNX."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.types import element_type
from codegen.ir import Array, DType, Quantization, Tensor, ops


def quantization(site: Site, grid: tuple[int, int], dtype: DType, rank: int, axis: int) -> Quantization:
    """What the two inputs of numbers `grid`, scale and zero point, say, per tensor or along `axis`."""
    scale, zero_point = grid
    scales = site.value(scale).astype(np.float32).reshape(-1)
    zeros = np.zeros(1, np.int64) if site.optional(zero_point) is None else site.value(zero_point).reshape(-1)
    if site.attributes.get("block_size") or site.value(scale).ndim > 1 or len(zeros) not in {1, len(scales)}:
        raise RefusedError("quantisation in blocks is not supported")
    low, high = dtype.limits
    if not (np.isfinite(scales).all() and (scales > 0).all() and low <= zeros.min() <= zeros.max() <= high):
        raise RefusedError("its scales are not positive, or its zero points outside the type")
    along = site.axis(axis, rank) if len(scales) > 1 else None
    points = np.broadcast_to(zeros, scales.shape)
    return Quantization(tuple(map(float, scales)), tuple(map(int, points)), along)


def _quantize(site: Site) -> Tensor:
    x, zero = site.tensor(0), site.optional(2)
    given = site.attributes.get("output_dtype")
    dtype = zero.dtype if zero is not None else element_type(given, "its result") if given else DType.UINT8
    return quantized(site, x, dtype, (1, 2), site.attributes.get("axis", 1))


def quantized(site: Site, x: Tensor, dtype: DType, grid: tuple[int, int], axis: int = 1) -> Tensor:
    """`x` as integers, by the inputs of numbers `grid`, scale and zero point; a constant at once."""
    if not dtype.is_integer:
        raise RefusedError(f"quantisation to {dtype.value} is not supported")
    quant = quantization(site, grid, dtype, len(x.shape), axis)
    if not x.is_constant or x.dtype is not DType.FLOAT32:
        return site.emit(ops.Quantize, x, dtype=dtype, quant=quant)
    zeros, scales = _along(quant, x)
    with np.errstate(all="ignore"):
        numbers = np.nan_to_num(np.rint(x.value / scales.astype(np.float32)).astype(np.float64)) + zeros
    return site.constant(np.clip(numbers, *dtype.limits), dtype)


def _along(quant: Quantization, x: Tensor) -> tuple[Array, Array]:
    """Zero points and scales that broadcast against a tensor.

    Raises:
        RefusedError: they are neither one nor one per channel.
    """
    shape = [1] * len(x.shape)
    if quant.axis is not None:
        shape[quant.axis] = -1
        if len(quant.scales) != x.shape[quant.axis]:
            raise RefusedError(f"{len(quant.scales)} scales do not fit axis {quant.axis} of {x.type_text}")
    zeros, scales = (np.reshape(v, shape) for v in (quant.zero_points, quant.scales))
    return zeros, scales


def _dequantize(site: Site) -> Tensor:
    return dequantized(site, 0, (1, 2), site.attributes.get("axis", 1))


def dequantized(site: Site, index: int, grid: tuple[int, int], axis: int = 1) -> Tensor:
    """Input `index` as floats; constants, int32 ones (biases) too, at once, and what they are multiples of is kept."""
    x = site.tensor(index)
    if not x.dtype.is_integer:
        raise RefusedError(f"{x.type_text} is not quantised")
    quant = quantization(site, grid, x.dtype, len(x.shape), axis)
    if x.is_constant:
        zeros, scales = _along(quant, x)
        real = site.constant((x.value.astype(np.int64) - zeros) * scales.astype(np.float32), DType.FLOAT32)
        real.steps = quant.scales
        return real
    scaled = x if x.quant == quant else site.emit(ops.Reshape, x, dtype=x.dtype, quant=quant, shape=x.shape)
    return site.emit(ops.Dequantize, scaled, dtype=DType.FLOAT32)


RULES: dict[str, Rule] = {
    "DequantizeLinear": Rule(
        ops.Dequantize, _dequantize, (2, 3), attributes={"axis": 1, "block_size": 0, "output_dtype": 0}
    ),
    "QuantizeLinear": Rule(
        ops.Quantize,
        _quantize,
        (2, 3),
        attributes={"axis": 1, "block_size": 0, "output_dtype": 0, "saturate": 1, "precision": 0},
    ),
}
"""By the operator's name in the file."""
