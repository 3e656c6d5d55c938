"""Constraints shared by operators: each docstring is a rule in docs/operators.md, each result an error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from codegen.ir.tensor import DType, Quantization, Tensor

if TYPE_CHECKING:
    from codegen.ir.operator import Operator

QUANTIZED_TYPES = (DType.INT8, DType.UINT8, DType.INT16)
MAX_FACTOR = 2.0**15
"""No output step is so fine that an input step is more than this many of it: keeps shifts small."""
MIN_RATIO = 2.0**-12
"""With coarser outputs every result is the zero point, and factors vanish."""
SAME_SCALE = 1e-6
"""Relative difference up to which two scales are the same (TFLite's pools allow 1e-6 absolute)."""


def is_quantized(tensor: Tensor) -> bool:
    """Whether an element stands for a real number (int32 tensors may carry a scale, which only conversions read)."""
    return tensor.quant is not None and tensor.dtype in QUANTIZED_TYPES


def uniform_types(op: Operator) -> str | None:
    """Activations in and out have one type, of those listed."""
    return _uniform(op, [*op.activations, *op.outputs])


def uniform_operands(op: Operator) -> str | None:
    """Operands, constants among them, and result have one type, of those listed."""
    return _uniform(op, [t for t in (*op.inputs, *op.outputs) if t is not None])


def _uniform(op: Operator, tensors: list[Tensor]) -> str | None:
    for t in tensors:
        if t.dtype not in op.types:
            names = " or ".join(each.value for each in op.types)
            return f"tensor {t.name!r} is {t.type_text}; only {names} is supported here"
        if t.dtype is not tensors[0].dtype:
            return f"tensor {t.name!r} is {t.type_text}, but {tensors[0].name!r} is {tensors[0].type_text}"
    return None


def same_type(op: Operator) -> str | None:
    """Inputs and outputs have one element type."""
    wrong = [t for t in (*op.inputs, *op.outputs) if t is not None and t.dtype is not op.x.dtype]
    return f"tensor {wrong[0].name!r} is {wrong[0].type_text}, but the input is {op.x.type_text}" if wrong else None


def quantized(op: Operator) -> str | None:
    """Every int8 tensor has a scale and a zero point, one for the whole tensor; weights may have one per channel."""
    weights_index = 1 if hasattr(op, "weights") else None
    for index, t in enumerate((*op.inputs, *op.outputs)):
        if t is None or t.dtype not in QUANTIZED_TYPES:
            continue
        if t.quant is None:
            return f"tensor {t.name!r} ({t.type_text}) has no quantisation: convert with full-integer quantisation"
        if t.quant.per_channel and index != weights_index:
            return f"tensor {t.name!r} is quantised per channel; only weights may be"
    return None


def same_quant(a: Quantization | None, b: Quantization | None) -> bool:
    """Whether two tensors share scales, as good as, and zero points."""
    if a is None or b is None or len(a.scales) != len(b.scales):
        return a is b
    close = all(math.isclose(p, q, rel_tol=SAME_SCALE) for p, q in zip(a.scales, b.scales, strict=True))
    return close and a.zero_points == b.zero_points and a.axis == b.axis


def same_quantization(op: Operator) -> str | None:
    """Input and output have the same scale and zero point."""
    for t in (*op.inputs, *op.outputs):
        if t is not None and not same_quant(t.quant, op.y.quant):
            return f"tensor {t.name!r} has another scale or zero point than {op.y.name!r}"
    return None


def constant_parameters(op: Operator) -> str | None:
    """Every input but the first is constant."""
    for t in op.inputs[1:]:
        if t is not None and not t.is_constant:
            return f"input {t.name!r} is computed at run time; it must be a constant of the model"
    return None


WEIGHT_TYPES: dict[DType, tuple[DType, ...]] = {
    DType.INT8: (DType.INT8, DType.INT16),
    DType.UINT8: (DType.UINT8,),
    DType.FLOAT32: (DType.FLOAT32, DType.INT8),
}
"""Types of the weights, by the type of the activations; int16 where uint8 weights less their zero point need it."""


def symmetric_int16(op: Operator) -> str | None:
    """Int16 tensors have zero point 0."""
    for t in (*op.inputs, *op.outputs):
        if t is not None and t.dtype is DType.INT16 and t.quant is not None and any(t.quant.zero_points):
            return f"int16 tensor {t.name!r} has zero point {t.quant.zero_point}"
    return None


def symmetric_weights(op: Operator) -> str | None:
    """Weights are int8 with zero point 0; in uint8 layers uint8 with any; in float32 layers they may be float32."""
    weights = op.operand(1)
    allowed = WEIGHT_TYPES.get(op.x.dtype, (DType.INT8,))
    if weights.dtype not in allowed:
        names = " or ".join(dtype.value for dtype in allowed)
        return f"weights {weights.name!r} are {weights.dtype.value}; only {names} weights are supported"
    if weights.quant is None:
        return None
    if weights.dtype is DType.UINT8:
        return f"uint8 weights {weights.name!r} are quantised per channel" if weights.quant.per_channel else None
    return f"weights {weights.name!r} have a zero point other than 0" if any(weights.quant.zero_points) else None


def image_input(op: Operator) -> str | None:
    """The input has rank 4: [N, H, W, C]."""
    rank = len(op.x.shape)
    return None if rank == 4 else f"input {op.x.name!r} has rank {rank}, not 4: {op.x.type_text}"


def axes_problem(axes: tuple[int, ...], tensor: Tensor) -> str | None:
    """What is wrong with `axes` as distinct, normalised axes of a tensor."""
    rank = len(tensor.shape)
    if all(0 <= axis < rank for axis in axes) and len(set(axes)) == len(axes):
        return None
    return f"axes {list(axes)} are not distinct axes of {tensor.name!r}, {tensor.type_text}"


def _largest_scale(tensor: Tensor) -> float:
    """The largest scale; 1 for plain numbers."""
    return max(tensor.quant.scales) if tensor.quant and is_quantized(tensor) else 1.0


def _factor_problem(factor: float, smallest: float) -> str | None:
    if smallest <= factor < MAX_FACTOR:
        return None
    return f"one step of the input is {factor:.3g} steps of the output: the scales are damaged or far off"


def product_factor(op: Operator) -> str | None:
    """The product of the input scales is below 2^15 output scales."""
    return _factor_problem(_largest_scale(op.x) * _largest_scale(op.operand(1)) / _largest_scale(op.y), 0.0)


def ratio_factor(op: Operator) -> str | None:
    """The largest input scale is 2^-12 to 2^15 output scales."""
    scales = [_largest_scale(t) for t in op.inputs if t is not None and is_quantized(t)]
    return _factor_problem(max(scales) / _largest_scale(op.y), MIN_RATIO) if scales else None
