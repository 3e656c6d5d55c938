"""Element-wise operators of two operands, with broadcasting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import (
    product_factor,
    quantized,
    ratio_factor,
    same_quantization,
    same_type,
    uniform_operands,
)
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.tensor import DType, Tensor

PLAIN_TYPES = (DType.INT32, DType.INT64, DType.FLOAT32)
"""Types of constant subgraphs (shapes), which fold."""


def binary_types(op: Operator) -> str | None:
    """Operands and result have one type, of those listed; two constants may also be int32, int64 or float32."""
    if not op.activations and op.x.dtype in PLAIN_TYPES:
        return same_type(op)
    return uniform_operands(op)


def broadcastable(op: Operator) -> str | None:
    """The operands' shapes broadcast as numpy's do."""
    a, b = op.x, op.operand(1)
    if all(p == q or 1 in (p, q) for p, q in zip(a.shape[::-1], b.shape[::-1], strict=False)):
        return None
    return f"shapes {list(a.shape)} and {list(b.shape)} do not broadcast"


@dataclass(eq=False, kw_only=True)
class Binary(Operator):
    """Inputs a and b, broadcast against each other as numpy does; then the fused activation."""

    types: ClassVar[tuple[DType, ...]] = (DType.INT8,)
    preconditions: ClassVar[tuple[Constraint, ...]] = (binary_types, broadcastable)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, ratio_factor)

    activation: Activation = Activation.NONE

    @property
    def other(self) -> Tensor:
        """The second operand."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """The broadcast shape."""
        return [tuple(np.broadcast_shapes(self.x.shape, self.other.shape))]


class Add(Binary):
    """a + b."""

    kind = "add"


class Sub(Binary):
    """a - b."""

    kind = "sub"


class Mul(Binary):
    """a * b."""

    kind = "mul"
    constraints = (quantized, product_factor)


class Maximum(Binary):
    """The larger of a and b."""

    kind = "maximum"
    constraints = (quantized, same_quantization)


class Minimum(Binary):
    """The smaller of a and b."""

    kind = "minimum"
    constraints = (quantized, same_quantization)
