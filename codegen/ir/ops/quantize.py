"""Changes of representation: float to integer, integer to integer, integer to float."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import QUANTIZED_TYPES, quantized, ratio_factor
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType


def quantize_types(op: Operator) -> str | None:
    """From float32, int8, uint8 or int16 to int8, uint8 or int16."""
    ok = op.x.dtype in (DType.FLOAT32, *QUANTIZED_TYPES) and op.y.dtype in QUANTIZED_TYPES
    return None if ok else f"conversion from {op.x.dtype.value} to {op.y.dtype.value} is not supported"


def dequantize_types(op: Operator) -> str | None:
    """From int8, uint8 or int16 to float32; constants also from float16."""
    ok = op.y.dtype is DType.FLOAT32 and (
        op.x.dtype in QUANTIZED_TYPES or (op.x.dtype is DType.FLOAT16 and op.x.is_constant)
    )
    return None if ok else f"conversion from {op.x.dtype.value} to {op.y.dtype.value} is not supported"


@dataclass(eq=False, kw_only=True)
class Quantize(Operator):
    """To y's scale and zero point, rounding to nearest, saturating."""

    kind: ClassVar[str] = "quantize"
    preconditions: ClassVar[tuple[Constraint, ...]] = (quantize_types,)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, ratio_factor)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


@dataclass(eq=False, kw_only=True)
class Dequantize(Operator):
    """scale * (q - zero_point) in float32; of a float16 constant, its value."""

    kind: ClassVar[str] = "dequantize"
    preconditions: ClassVar[tuple[Constraint, ...]] = (dequantize_types,)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized,)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
