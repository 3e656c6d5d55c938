"""Writing by computed indices, and the largest elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.ops.gather import INDEX_TYPES
from codegen.ir.tensor import DType, Tensor

REDUCTIONS = ("none", "add", "mul", "max", "min")
REDUCED_TYPES = (DType.FLOAT32, DType.INT32, DType.INT64)


def scattered_operands(op: ScatterNd) -> str | None:
    """X, the updates and y have one type, any, or float32, int32 or int64 where they are combined; indices are int16,
    int32 or int64: tuples of 1 or more, not longer than the rank of x, and an update for each.
    """
    x, indices, updates = op.x, op.indices, op.updates
    if not x.dtype is updates.dtype is op.y.dtype:
        return f"{updates.type_text} cannot be written over {x.type_text}"
    if op.reduction not in REDUCTIONS or (op.reduction != "none" and x.dtype not in REDUCED_TYPES):
        return f"reduction {op.reduction!r} of {x.dtype.value} is not supported"
    if indices.dtype not in INDEX_TYPES:
        return f"indices {indices.name!r} are {indices.type_text}"
    depth = indices.shape[-1] if indices.shape else 0
    if 1 <= depth <= len(x.shape) and updates.shape == (*indices.shape[:-1], *x.shape[depth:]):
        return None
    return f"updates {updates.type_text} do not fit indices {indices.type_text} of {x.type_text}"


def computed_updates(op: ScatterNd) -> str | None:
    """Indices or updates are computed at run time."""
    fixed = op.indices.is_constant and op.updates.is_constant and not op.x.is_constant
    return f"indices {op.indices.name!r} and updates {op.updates.name!r} are both constant" if fixed else None


@dataclass(eq=False, kw_only=True)
class ScatterNd(Operator):
    """x with the updates written, added, multiplied or kept as maximum or minimum where tuples of indices say.

    The updates are the third input; they are taken one after the other.  Indices are clamped as in GATHER.
    """

    kind: ClassVar[str] = "scatter_nd"
    preconditions: ClassVar[tuple[Constraint, ...]] = (scattered_operands,)
    constraints: ClassVar[tuple[Constraint, ...]] = (computed_updates,)

    reduction: str = "none"

    @property
    def indices(self) -> Tensor:
        """[..., depth]."""
        return self.operand(1)

    @property
    def updates(self) -> Tensor:
        """The indices' shape without the last dimension, then what is left of x's."""
        return self.operand(2)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


def countable_top(op: TopK) -> str | None:
    """X and the values have one type, any; the indices are int32 or int64; 1 <= k <= the last axis of x."""
    values, indices = op.outputs
    if values.dtype is not op.x.dtype or indices.dtype not in {DType.INT32, DType.INT64}:
        return f"{op.x.type_text} gives {values.dtype.value} and indices of {indices.dtype.value}"
    depth = op.x.shape[-1] if op.x.shape else 0
    return None if 1 <= op.k <= depth else f"{op.k} elements of {op.x.type_text}"


@dataclass(eq=False, kw_only=True)
class TopK(Operator):
    """The k largest (or smallest) elements along the last axis, in order, and where they are; the first of equal ones
    comes first.
    """

    kind: ClassVar[str] = "top_k"
    preconditions: ClassVar[tuple[Constraint, ...]] = (countable_top,)

    k: int
    largest: bool = True

    def infer_shapes(self) -> list[Shape]:
        """The input's shape with k elements in the last axis, twice."""
        return [(*self.x.shape[:-1], self.k)] * 2
