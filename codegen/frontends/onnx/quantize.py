"""Conversions between floats and quantised integers of ONNX."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.types import element_type
from codegen.ir import DType, Quantization, Tensor, ops


def quantization(site: Site, scale: int, zero_point: int, dtype: DType, rank: int) -> Quantization:
    """What the inputs `scale` and `zero_point` say, per tensor or along the attribute `axis`."""
    scales = site.value(scale).astype(np.float32).reshape(-1)
    zeros = np.zeros(1, np.int64) if site.optional(zero_point) is None else site.value(zero_point).reshape(-1)
    if site.attributes.get("block_size") or site.value(scale).ndim > 1 or len(zeros) not in {1, len(scales)}:
        raise RefusedError("quantisation in blocks is not supported")
    low, high = dtype.limits
    if not (np.isfinite(scales).all() and (scales > 0).all() and low <= zeros.min() <= zeros.max() <= high):
        raise RefusedError("its scales are not positive, or its zero points outside the type")
    axis = site.axis(site.attributes.get("axis", 1), rank) if len(scales) > 1 else None
    points = np.broadcast_to(zeros, scales.shape)
    return Quantization(tuple(map(float, scales)), tuple(map(int, points)), axis)


def _quantize(site: Site) -> Tensor:
    x, zero = site.tensor(0), site.optional(2)
    given = site.attributes.get("output_dtype")
    dtype = zero.dtype if zero is not None else element_type(given, "its result") if given else DType.UINT8
    if not dtype.is_integer:
        raise RefusedError(f"quantisation to {dtype.value} is not supported")
    return site.emit(ops.Quantize, x, dtype=dtype, quant=quantization(site, 1, 2, dtype, len(x.shape)))


def _dequantize(site: Site) -> Tensor:
    """Constants become floats; int32 constants (biases) too."""
    x = site.tensor(0)
    if not x.dtype.is_integer:
        raise RefusedError(f"{x.type_text} is not quantised")
    quant = quantization(site, 1, 2, x.dtype, len(x.shape))
    if x.is_constant:
        shape = [1] * len(x.shape)
        if quant.axis is not None:
            shape[quant.axis] = -1
        zeros, scales = (np.reshape(v, shape) for v in (quant.zero_points, quant.scales))
        return site.constant((x.value.astype(np.int64) - zeros) * scales.astype(np.float32), DType.FLOAT32)
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
