"""QOperator form of quantised ONNX: each operator is its float one between conversions, which passes make integer.

Onnxruntime's own operators are those of the domain com.microsoft.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx import convolution, functions, layout, matrix, movement, normalization, pool
from codegen.frontends.onnx.quantize import dequantized, quantized
from codegen.frontends.onnx.site import ANY_NUMBER, Rule, Site
from codegen.ir import DType, Operator, Tensor, ops

FLOAT: dict[str, Rule] = {
    **convolution.RULES,
    **functions.RULES,
    **layout.RULES,
    **matrix.RULES,
    **movement.RULES,
    **normalization.RULES,
    **pool.RULES,
}
"""The operators that these are forms of."""
LARGEST_EXACT = 1 << 24
"""Float32 holds every integer up to this."""


def _float(site: Site, name: str, inputs: Sequence[Tensor | None], **changed: Any) -> Tensor:
    """The result of the float operator `name` with the attributes of this one, as far as it has them."""
    rule = FLOAT[name]
    given = {key: value for key, value in site.attributes.items() if key in rule.attributes and value is not None}
    attributes = rule.attributes_of({**given, **changed})
    padded = [*inputs, *[None] * (rule.inputs[1] - len(inputs))] if rule.inputs[1] != ANY_NUMBER else list(inputs)
    result = rule.convert(replace(site, op=name, attributes=attributes, inputs=padded, wanted=(True,)))
    if isinstance(result, Tensor):
        return result
    (tensor,) = result
    assert tensor is not None
    return tensor


def _real(site: Site, index: int, axis: int = 0) -> Tensor:
    """Input `index`, whose scale and zero point are the next two inputs, as floats."""
    return dequantized(site, index, (index + 1, index + 2), axis)


def _result(site: Site, y: Tensor, scale: int, zero_point: int, dtype: DType | None = None) -> Tensor:
    """Floats as this operator's bytes."""
    zero = site.optional(zero_point)
    dtype = zero.dtype if zero is not None else dtype or DType.UINT8
    return quantized(site, y, dtype, (scale, zero_point))


def _bias(site: Site, index: int, x_scale: int, w_scale: int) -> Tensor | None:
    """An int32 bias, whose steps are the products of those of x and weights, as floats."""
    bias = site.optional(index)
    if bias is None:
        return None
    products = site.value(x_scale).reshape(-1).astype(np.float32) * site.value(w_scale).reshape(-1).astype(np.float32)
    values = site.value(index).reshape(-1).astype(np.float64)
    if len(products) not in {1, len(values)}:
        raise RefusedError(f"its bias has {len(values)} values for {len(products)} scales")
    return site.constant(values * products, DType.FLOAT32, "bias")


def _conv(site: Site) -> Tensor:
    y = _float(site, "Conv", [_real(site, 0), _real(site, 3), _bias(site, 8, 1, 4)])
    return _result(site, y, 6, 7, site.tensor(0).dtype)


def _matmul(site: Site) -> Tensor:
    y = _float(site, "MatMul", [_real(site, 0), _real(site, 3, -1)])
    return _result(site, y, 6, 7, site.tensor(0).dtype)


def _gemm(site: Site) -> Tensor:
    """Without a scale of the output the result is float."""
    axis = 0 if site["transB"] else 1
    y = _float(site, "Gemm", [_real(site, 0), _real(site, 3, axis), _bias(site, 6, 1, 4)], beta=1.0)
    return y if site.optional(7) is None else _result(site, y, 7, 8, site.tensor(0).dtype)


def _binary(site: Site, name: str) -> Tensor:
    return _result(site, _float(site, name, [_real(site, 0), _real(site, 3)]), 6, 7, site.tensor(0).dtype)


def _unary(site: Site, name: str) -> Tensor:
    return _result(site, _float(site, name, [_real(site, 0)]), 3, 4, site.tensor(0).dtype)


def _pool(site: Site, name: str) -> Tensor:
    if site["channels_last"]:
        raise RefusedError("its channels are last")
    return _unary(site, name)


def _concat(site: Site) -> Tensor:
    """Inputs are the output's scale and zero point, then value, scale and zero point of each operand."""
    if len(site.inputs) % 3 != 2:
        raise RefusedError(f"it has {len(site.inputs)} inputs")
    parts = [_real(site, i) for i in range(2, len(site.inputs), 3)]
    return _result(site, _float(site, "Concat", parts), 0, 1)


def _plain(site: Site, index: int, zero_point: int, axis: int) -> Tensor:
    """Bytes less their zero point as floats, which are integers."""
    x, zero = site.tensor(index), site.optional(zero_point)
    real = site.emit(ops.Cast, x, dtype=DType.FLOAT32)
    if zero is None or (zero.is_constant and not zero.value.any()):
        return real
    wide = site.emit(ops.Cast, zero, dtype=DType.FLOAT32)
    if zero.size > 1:
        shape = tuple(-1 if i == axis % len(x.shape) else 1 for i in range(len(x.shape)))
        wide = layout.reshaped(site, wide, tuple(zero.size if d < 0 else d for d in shape))
    return site.emit(ops.Sub, real, wide)


def _integer(site: Site, name: str, axes: tuple[int, int]) -> Tensor:
    """Sums of products in int32, computed in float32 where that is exact."""
    x, weights = (_plain(site, i, i + 2, axis) for i, axis in enumerate(axes))
    y = _float(site, name, [x, weights])
    products = weights.size // weights.shape[0 if name == "Conv" else -1] if weights.shape else 1
    if products * 255 * 255 >= LARGEST_EXACT and not _is_small(weights, axes[1]):
        raise RefusedError("its sums may be larger than float32 holds exactly", "Export the model in QDQ form.")
    return site.emit(ops.Cast, y, dtype=DType.INT32)


def _is_small(weights: Tensor, axis: int) -> bool:
    """Whether no sum of products of constant weights and bytes exceeds what float32 holds exactly."""
    if not weights.is_constant:
        return False
    channels = np.moveaxis(np.abs(weights.value.astype(np.float64)), axis, 0)
    return bool(channels.reshape(channels.shape[0], -1).sum(axis=1).max() * 255 < LARGEST_EXACT)


def _dynamic(site: Site) -> list[Tensor]:
    """Bytes whose scale and zero point fit the values at hand, in float32; zeros alone have scale 1."""
    x = site.tensor(0)
    axes, nothing = tuple(range(len(x.shape))), site.constant(np.float32(0))
    low = site.emit(ops.Minimum, site.emit(ops.ReduceMin, x, axes=axes) if axes else x, nothing)
    high = site.emit(ops.Maximum, site.emit(ops.ReduceMax, x, axes=axes) if axes else x, nothing)
    steps = site.emit(ops.Div, site.emit(ops.Sub, high, low), site.constant(np.float32(255)))
    empty = site.emit(ops.Equal, steps, nothing, dtype=DType.BOOL)
    scale = site.emit(ops.Select, empty, site.constant(np.float32(1)), steps, dtype=DType.FLOAT32)
    zero = _byte(site, site.emit(ops.Sub, nothing, site.emit(ops.Div, low, scale)))
    rounded = site.emit(ops.Round, site.emit(ops.Div, x, scale))
    y = _byte(site, site.emit(ops.Add, rounded, zero))
    return [site.emit(ops.Cast, y, dtype=DType.UINT8), scale, site.emit(ops.Cast, zero, dtype=DType.UINT8)]


def _byte(site: Site, x: Tensor) -> Tensor:
    """Rounded, ties to even, and cut to what uint8 holds; still floats."""
    return site.emit(ops.Clip, site.emit(ops.Round, x), low=0.0, high=255.0)


CONV = FLOAT["Conv"].attributes
LAST = {"channels_last": 0}
MICROSOFT: dict[str, tuple[type[Operator], dict[str, Any]]] = {
    "LeakyRelu": (ops.LeakyRelu, dict(FLOAT["LeakyRelu"].attributes)),
    "Sigmoid": (ops.Logistic, {}),
}
BINARY: dict[str, Callable[[Site], Tensor]] = {name: partial(_binary, name=name) for name in ("Add", "Mul")}

RULES: dict[str, Rule] = {
    "ConvInteger": Rule(ops.Conv2D, partial(_integer, name="Conv", axes=(0, 0)), (2, 4), attributes=CONV),
    "DynamicQuantizeLinear": Rule(ops.Cast, _dynamic, outputs=(3, 3)),
    "MatMulInteger": Rule(ops.FullyConnected, partial(_integer, name="MatMul", axes=(-2, -1)), (2, 4)),
    "QLinearConv": Rule(ops.Conv2D, _conv, (8, 9), attributes=CONV),
    "QLinearMatMul": Rule(ops.FullyConnected, _matmul, (8, 8)),
    "com.microsoft.QGemm": Rule(ops.FullyConnected, _gemm, (6, 9), attributes={"alpha": 1.0, "transA": 0, "transB": 0}),
    "com.microsoft.QLinearAveragePool": Rule(
        ops.AveragePool2D,
        partial(_pool, name="AveragePool"),
        (4, 5),
        attributes={**FLOAT["AveragePool"].attributes, **LAST},
    ),
    "com.microsoft.QLinearConcat": Rule(ops.Concat, _concat, (5, ANY_NUMBER), attributes={"axis": int}),
    "com.microsoft.QLinearGlobalAveragePool": Rule(
        ops.Mean, partial(_pool, name="GlobalAveragePool"), (4, 5), attributes=LAST
    ),
    "com.microsoft.QLinearSoftmax": Rule(
        ops.Softmax, partial(_unary, name="Softmax"), (4, 5), attributes={"axis": -1, "opset": 13}
    ),
    **{
        f"com.microsoft.QLinear{name}": Rule({"Add": ops.Add, "Mul": ops.Mul}[name], convert, (7, 8))
        for name, convert in BINARY.items()
    },
    **{
        f"com.microsoft.QLinear{name}": Rule(kind, partial(_unary, name=name), (4, 5), attributes=attributes)
        for name, (kind, attributes) in MICROSOFT.items()
    },
}
"""By the operator's name in the file."""
