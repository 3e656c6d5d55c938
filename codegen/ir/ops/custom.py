"""Operators of the user: known to gen-c only by what their maker says (codegen.custom)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.custom import CustomOperator
from codegen.ir.operator import Constraint, Operator, Shape


def accepted(op: Operator) -> str | None:
    """Its maker accepts the operands and the options."""
    assert isinstance(op, Custom)
    return op.maker.refuse(op.inputs, op.options)


@dataclass(eq=False, kw_only=True)
class Custom(Operator):
    """A custom operator that a plug-in brings (docs/custom_operators.md).

    Attributes:
        maker: the plug-in: shapes, meaning, kernel.
        options: the bytes that the model file holds for it.
    """

    kind: ClassVar[str] = "custom"
    preconditions: ClassVar[tuple[Constraint, ...]] = (accepted,)

    maker: CustomOperator
    options: bytes = b""

    def infer_shapes(self) -> list[Shape]:
        """What the maker says."""
        return self.maker.infer_shapes(self.inputs, self.options)
