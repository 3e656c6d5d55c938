"""Image resizing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import image_input, quantized, uniform_types
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType


def valid_size(op: Resize) -> str | None:
    """The new size is at least 1 by 1."""
    return None if min(op.size) >= 1 else f"the new size {list(op.size)} is not positive"


def one_convention(op: Resize) -> str | None:
    """Not both `align_corners` and `half_pixel_centers`."""
    return (
        "align_corners and half_pixel_centers exclude each other"
        if op.align_corners and op.half_pixel_centers
        else None
    )


@dataclass(eq=False, kw_only=True)
class Resize(Operator):
    """x [N, H, W, C] -> y [N, size[0], size[1], C]."""

    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, image_input, valid_size, one_convention)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized,)

    size: tuple[int, int]
    align_corners: bool = False
    half_pixel_centers: bool = False

    def infer_shapes(self) -> list[Shape]:
        """[N, size[0], size[1], C]."""
        return [(self.x.shape[0], *self.size, self.x.shape[3])]


class ResizeNearest(Resize):
    """The nearest source pixel."""

    kind = "resize_nearest"
    types = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64, DType.BOOL)


class ResizeBilinear(Resize):
    """Weighted mean of the four nearest source pixels."""

    kind = "resize_bilinear"
