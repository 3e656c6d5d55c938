"""Image resizing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import int8_activations, quantized, same_quantization
from codegen.ir.operator import Constraint, Operator, Shape


@dataclass(eq=False, kw_only=True)
class Resize(Operator):
    """x [N, H, W, C] -> y [N, size[0], size[1], C]."""

    constraints: ClassVar[tuple[Constraint, ...]] = (int8_activations, quantized, same_quantization)

    size: tuple[int, int]
    align_corners: bool = False
    half_pixel_centers: bool = False

    def infer_shapes(self) -> list[Shape]:
        """[N, size[0], size[1], C]."""
        return [(self.x.shape[0], *self.size, self.x.shape[3])]


class ResizeNearest(Resize):
    """The nearest source pixel."""

    kind = "resize_nearest"


class ResizeBilinear(Resize):
    """Weighted mean of the four nearest source pixels."""

    kind = "resize_bilinear"
