"""Changes of representation: float to integer, integer to integer, integer to float."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import QUANTIZED_TYPES, quantized, ratio_factor
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType


def quantize_types(op: Operator) -> str | None:
    """From float32, int8, uint8 or int16 to int8, uint8 or int16; between int32 and int8 or int16."""
    ok = op.x.dtype in (DType.FLOAT32, *QUANTIZED_TYPES) and op.y.dtype in QUANTIZED_TYPES
    ok |= {op.x.dtype, op.y.dtype} in ({DType.INT32, DType.INT8}, {DType.INT32, DType.INT16})
    return None if ok else f"conversion from {op.x.dtype.value} to {op.y.dtype.value} is not supported"


def dequantize_types(op: Operator) -> str | None:
    """From int8, uint8 or int16 to float32; constants also from float16."""
    ok = op.y.dtype is DType.FLOAT32 and (
        op.x.dtype in QUANTIZED_TYPES or (op.x.dtype is DType.FLOAT16 and op.x.is_constant)
    )
    return None if ok else f"conversion from {op.x.dtype.value} to {op.y.dtype.value} is not supported"


def known_scale(op: Operator) -> str | None:
    """The input has a scale and a zero point; a constant may have one per channel."""
    if op.x.dtype in QUANTIZED_TYPES and op.x.quant is None:
        return f"tensor {op.x.name!r} ({op.x.type_text}) has no quantisation"
    return None if op.x.is_constant else quantized(op)


def scaled_int32(op: Operator) -> str | None:
    """Int32 tensors have a scale too."""
    plain = next((t for t in (op.x, op.y) if t.dtype is DType.INT32 and t.quant is None), None)
    return f"tensor {plain.name!r} ({plain.type_text}) has no quantisation" if plain else None


def scale_ratio(op: Operator) -> str | None:
    """The input scale is 2^-12 to 2^15 output scales; to or from int32 2^-30 to 2^30."""
    if op.x.dtype is not DType.INT32 and op.y.dtype is not DType.INT32:
        return ratio_factor(op)
    factor = op.x.quant.scale / op.y.quant.scale if op.x.quant and op.y.quant else 1.0
    return None if 2.0**-30 < factor < 2.0**30 else f"one step of the input is {factor:.3g} steps of the output"


@dataclass(eq=False, kw_only=True)
class Quantize(Operator):
    """To y's scale and zero point, rounding to nearest, saturating."""

    kind: ClassVar[str] = "quantize"
    preconditions: ClassVar[tuple[Constraint, ...]] = (quantize_types,)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, scaled_int32, scale_ratio)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


@dataclass(eq=False, kw_only=True)
class Dequantize(Operator):
    """scale * (q - zero_point) in float32; of a float16 constant, its value."""

    kind: ClassVar[str] = "dequantize"
    preconditions: ClassVar[tuple[Constraint, ...]] = (dequantize_types,)
    constraints: ClassVar[tuple[Constraint, ...]] = (known_scale,)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
