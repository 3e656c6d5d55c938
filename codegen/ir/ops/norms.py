"""Norms over the last axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import quantized, ratio_factor, uniform_types
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.ops.activation import fixed_output, signed_unit_output
from codegen.ir.tensor import DType

MAX_TERMS = 4095
"""Exponentials whose sum fits Q12."""
MAX_SQUARES = 32768
"""Squares of 8-bit differences whose sum fits 32 bits."""


def countable_terms(op: LogSoftmax) -> str | None:
    """X has an axis to sum over, in integers of at most 4095 elements."""
    return _too_long(op, MAX_TERMS)


def countable_squares(op: L2Norm) -> str | None:
    """X has an axis to sum over, in integers of at most 32768 elements."""
    return _too_long(op, MAX_SQUARES)


def _too_long(op: Operator, most: int) -> str | None:
    if not op.x.shape:
        return f"input {op.x.name!r} is a scalar"
    return f"{op.x.type_text} has too many elements to a sum" if op.x.quant and op.x.shape[-1] > most else None


def sixteenth_output(op: LogSoftmax) -> str | None:
    """The output has scale 1/16 and zero point 127 (int8) or 255 (uint8)."""
    return fixed_output(op, 1 / 16, op.y.dtype.limits[1] if op.y.dtype.is_integer else 0)


def no_activation(op: L2Norm) -> str | None:
    """No fused activation (TFLite's kernel refuses it)."""
    return None if op.activation is Activation.NONE else f"fused activation {op.activation.name} is not supported"


@dataclass(eq=False, kw_only=True)
class LogSoftmax(Operator):
    """x - log(sum(exp(x))), over the last axis."""

    kind: ClassVar[str] = "log_softmax"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, countable_terms)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, sixteenth_output, ratio_factor)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


@dataclass(eq=False, kw_only=True)
class L2Norm(Operator):
    """x / sqrt(sum(x * x)), over the last axis; in float32 the root counts as 1e-6 at least."""

    kind: ClassVar[str] = "l2_norm"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, countable_squares, no_activation)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, signed_unit_output)

    activation: Activation = Activation.NONE

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
