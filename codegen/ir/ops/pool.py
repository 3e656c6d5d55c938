"""Windows and reductions without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import (
    axes_problem,
    image_input,
    quantized,
    ratio_factor,
    uniform_types,
)
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.ops.linear import valid_window, window_out
from codegen.ir.tensor import DType


def valid_axes(op: Mean) -> str | None:
    """The axes are distinct axes of the input."""
    return axes_problem(op.axes, op.x)


@dataclass(eq=False, kw_only=True)
class Pool2D(Operator):
    """x [N, H, W, C] -> y [N, OH, OW, C], stored numbers of x; windows are clipped to the input."""

    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, image_input, valid_window)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized,)

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad_h: tuple[int, int] = (0, 0)
    pad_w: tuple[int, int] = (0, 0)
    activation: Activation = Activation.NONE

    def infer_shapes(self) -> list[Shape]:
        """[N, OH, OW, C]."""
        n, h, w, c = self.x.shape
        oh = window_out(h, self.kernel[0], self.stride[0], 1, self.pad_h)
        ow = window_out(w, self.kernel[1], self.stride[1], 1, self.pad_w)
        return [(n, oh, ow, c)]


@dataclass(eq=False, kw_only=True)
class AveragePool2D(Pool2D):
    """Mean of the window's elements that lie inside the input.

    Ties go away from the value -`offset`: 0, or 128 in int8 layers that a pass has made of uint8 ones.
    """

    kind: ClassVar[str] = "average_pool_2d"

    offset: int = 0


class MaxPool2D(Pool2D):
    """Maximum of the window's elements that lie inside the input."""

    kind = "max_pool_2d"


@dataclass(eq=False, kw_only=True)
class Mean(Operator):
    """Mean over `axes` (normalised, ascending); the axes are dropped unless `keep_dims`."""

    kind: ClassVar[str] = "mean"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, valid_axes)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, ratio_factor)

    axes: tuple[int, ...]
    keep_dims: bool = False

    def infer_shapes(self) -> list[Shape]:
        """The input's shape with the axes 1 or gone."""
        kept = [1 if i in self.axes else d for i, d in enumerate(self.x.shape)]
        return [tuple(d for i, d in enumerate(kept) if self.keep_dims or i not in self.axes)]
