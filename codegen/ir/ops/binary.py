"""Element-wise operators of two operands, with broadcasting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import (
    product_factor,
    quantized,
    ratio_factor,
    symmetric_int16,
    uniform_operands,
)
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.tensor import DType, Tensor


def broadcastable(op: Operator) -> str | None:
    """The operands' shapes broadcast as numpy's do."""
    a, b = op.x, op.operand(1)
    if all(p == q or 1 in (p, q) for p, q in zip(a.shape[::-1], b.shape[::-1], strict=False)):
        return None
    return f"shapes {list(a.shape)} and {list(b.shape)} do not broadcast"


@dataclass(eq=False, kw_only=True)
class Binary(Operator):
    """Inputs a and b, broadcast against each other as numpy does; then the fused activation."""

    types: ClassVar[tuple[DType, ...]] = (
        DType.INT8,
        DType.UINT8,
        DType.INT16,
        DType.FLOAT32,
        DType.INT32,
        DType.INT64,
    )
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_operands, broadcastable)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, symmetric_int16, ratio_factor)

    activation: Activation = Activation.NONE

    @property
    def other(self) -> Tensor:
        """The second operand."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """The broadcast shape."""
        return [tuple(np.broadcast_shapes(self.x.shape, self.other.shape))]


@dataclass(eq=False, kw_only=True)
class Add(Binary):
    """a + b; `power_scales` lets int16 operands whose scales are powers of two be shifted, as LSTM cells have it."""

    kind: ClassVar[str] = "add"

    power_scales: bool = False


@dataclass(eq=False, kw_only=True)
class Sub(Binary):
    """a - b; `power_scales` as in ADD."""

    kind: ClassVar[str] = "sub"

    power_scales: bool = False


class Mul(Binary):
    """a * b."""

    kind = "mul"
    constraints = (quantized, symmetric_int16, product_factor)


class Maximum(Binary):
    """The larger of a and b, by their stored numbers."""

    kind = "maximum"
    constraints = (quantized,)


class Minimum(Binary):
    """The smaller of a and b, by their stored numbers."""

    kind = "minimum"
    constraints = (quantized,)
