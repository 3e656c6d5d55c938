"""Reductions beside the mean: sums, products, extremes, truth, and the place of an extreme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import (
    axes_problem,
    quantized,
    ratio_factor,
    same_quantization,
    symmetric_int16,
    uniform_types,
)
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType


def reduced_axes(op: Reduction) -> str | None:
    """The axes are distinct axes of the input."""
    return axes_problem(op.axes, op.x)


@dataclass(eq=False, kw_only=True)
class Reduction(Operator):
    """Over `axes` (normalised, ascending); the axes are dropped unless `keep_dims`."""

    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, reduced_axes)

    axes: tuple[int, ...]
    keep_dims: bool = False

    def infer_shapes(self) -> list[Shape]:
        """The input's shape with the axes 1 or gone."""
        kept = [1 if i in self.axes else d for i, d in enumerate(self.x.shape)]
        return [tuple(d for i, d in enumerate(kept) if self.keep_dims or i not in self.axes)]


class Sum(Reduction):
    """The sum; integers wrap."""

    kind = "sum"
    types = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64)
    constraints = (quantized, symmetric_int16, ratio_factor)


class ReduceMax(Reduction):
    """The largest element."""

    kind = "reduce_max"
    types = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64)
    constraints = (same_quantization,)


class ReduceMin(Reduction):
    """The smallest element."""

    kind = "reduce_min"
    types = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64)
    constraints = (same_quantization,)


class ReduceProd(Reduction):
    """The product; integers wrap."""

    kind = "reduce_prod"
    types = (DType.FLOAT32, DType.INT32, DType.INT64)


class ReduceAny(Reduction):
    """Whether any element holds."""

    kind = "reduce_any"
    types = (DType.BOOL,)


class ReduceAll(Reduction):
    """Whether all elements hold."""

    kind = "reduce_all"
    types = (DType.BOOL,)


def index_output(op: ArgExtreme) -> str | None:
    """The output is int32 or int64; the input may have any type."""
    return None if op.y.dtype in {DType.INT32, DType.INT64} else f"output {op.y.name!r} is {op.y.dtype.value}"


def one_axis(op: ArgExtreme) -> str | None:
    """The axis is one of the input's."""
    return axes_problem((op.axis,), op.x)


@dataclass(eq=False, kw_only=True)
class ArgExtreme(Operator):
    """Index along `axis` (normalised), which is dropped; the first of equal elements counts."""

    preconditions: ClassVar[tuple[Constraint, ...]] = (index_output, one_axis)

    axis: int

    def infer_shapes(self) -> list[Shape]:
        """The input's shape without the axis."""
        return [(*self.x.shape[: self.axis], *self.x.shape[self.axis + 1 :])]


class ArgMax(ArgExtreme):
    """Index of the largest element along an axis; the first of equal ones."""

    kind = "arg_max"


class ArgMin(ArgExtreme):
    """Index of the smallest element along an axis; the first of equal ones."""

    kind = "arg_min"


def summed_axis(op: CumSum) -> str | None:
    """The axis is one of the input's."""
    return axes_problem((op.axis,), op.x)


@dataclass(eq=False, kw_only=True)
class CumSum(Operator):
    """Running sums along `axis`; `exclusive` leaves the own element out, `reverse` starts at the end."""

    kind: ClassVar[str] = "cumsum"
    types: ClassVar[tuple[DType, ...]] = (DType.FLOAT32, DType.INT32, DType.INT64)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, summed_axis)

    axis: int
    exclusive: bool = False
    reverse: bool = False

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
