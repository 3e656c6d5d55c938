"""Look-ups by computed indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType, Tensor

INDEX_TYPES = (DType.INT16, DType.INT32, DType.INT64)


def gathered_types(op: Gather | GatherNd) -> str | None:
    """X and y have one type, any; indices are int16, int32 or int64."""
    if op.x.dtype is not op.y.dtype:
        return f"{op.x.type_text} cannot give {op.y.type_text}"
    return None if op.indices.dtype in INDEX_TYPES else f"indices {op.indices.name!r} are {op.indices.type_text}"


def gathered_axis(op: Gather) -> str | None:
    """0 <= batch_dims <= axis < rank; x and indices agree in the batch dimensions."""
    n, rank = op.batch_dims, len(op.x.shape)
    if 0 <= n <= op.axis < rank and n <= len(op.indices.shape) and op.x.shape[:n] == op.indices.shape[:n]:
        return None
    return f"axis {op.axis} and {n} batch dimensions do not fit {op.x.type_text} and {op.indices.type_text}"


def gathered_depth(op: GatherNd) -> str | None:
    """Tuples of indices are not empty and not longer than the rank of x."""
    depth = op.indices.shape[-1] if op.indices.shape else 0
    return None if 1 <= depth <= len(op.x.shape) else f"tuples of {depth} indices do not fit {op.x.type_text}"


@dataclass(eq=False, kw_only=True)
class Gather(Operator):
    """Slices of x along `axis`, by index; one outside counts as the nearest inside (TFLite refuses it at run time)."""

    kind: ClassVar[str] = "gather"
    preconditions: ClassVar[tuple[Constraint, ...]] = (gathered_types, gathered_axis)

    axis: int = 0
    batch_dims: int = 0

    @property
    def indices(self) -> Tensor:
        """Any shape."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """X's shape, the axis replaced by the shape of the indices without its batch dimensions."""
        x = self.x.shape
        return [(*x[: self.axis], *self.indices.shape[self.batch_dims :], *x[self.axis + 1 :])]


@dataclass(eq=False, kw_only=True)
class GatherNd(Operator):
    """Slices of x by tuples of indices, the last dimension of the second input; clamped as in GATHER."""

    kind: ClassVar[str] = "gather_nd"
    preconditions: ClassVar[tuple[Constraint, ...]] = (gathered_types, gathered_depth)

    @property
    def indices(self) -> Tensor:
        """[..., depth]."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """The indices' shape without the last dimension, then what is left of x's."""
        return [(*self.indices.shape[:-1], *self.x.shape[self.indices.shape[-1] :])]
