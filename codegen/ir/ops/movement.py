"""Operators that move elements and compute nothing: they accept every element type.

SQUEEZE and EXPAND_DIMS arrive here as Reshape, SPLIT_V as Split, PACK as Reshape + Concat, UNPACK
as Split + Reshape, STRIDED_SLICE as Slice + Reshape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import same_quantization
from codegen.ir.operator import Activation, Constraint, Operator
from codegen.ir.operator import Shape as ShapeTuple


@dataclass(eq=False, kw_only=True)
class Reshape(Operator):
    """The same elements, another shape: a view, never a copy unless an output forces one."""

    kind: ClassVar[str] = "reshape"
    constraints: ClassVar[tuple[Constraint, ...]] = (same_quantization,)

    shape: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """The shape attribute; the front-end has resolved -1."""
        return [self.shape]


@dataclass(eq=False, kw_only=True)
class Shape(Operator):
    """The shape of x as int32 [rank]; always folds away."""

    kind: ClassVar[str] = "shape"

    def infer_shapes(self) -> list[ShapeTuple]:
        """[rank]."""
        return [(len(self.x.shape),)]


@dataclass(eq=False, kw_only=True)
class Pad(Operator):
    """Constant padding: pads[i] = (before, after) along axis i; `value` is in the tensor's own numbers.

    PAD fills with the zero point, PADV2 with its third input.
    """

    kind: ClassVar[str] = "pad"
    constraints: ClassVar[tuple[Constraint, ...]] = (same_quantization,)

    pads: tuple[tuple[int, int], ...]
    value: int | float = 0

    def infer_shapes(self) -> list[ShapeTuple]:
        """Each dimension plus its padding."""
        return [tuple(d + sum(p) for d, p in zip(self.x.shape, self.pads, strict=True))]


@dataclass(eq=False, kw_only=True)
class Concat(Operator):
    """Inputs joined along `axis` (normalised); TFLite demands one quantisation for all of them."""

    kind: ClassVar[str] = "concat"
    constraints: ClassVar[tuple[Constraint, ...]] = (same_quantization,)

    axis: int
    activation: Activation = Activation.NONE

    def infer_shapes(self) -> list[ShapeTuple]:
        """The sum along the axis."""
        shape = list(self.x.shape)
        shape[self.axis] = sum(t.shape[self.axis] for t in self.inputs if t is not None)
        return [tuple(shape)]


@dataclass(eq=False, kw_only=True)
class Split(Operator):
    """x cut along `axis` into pieces of the given sizes; one output each."""

    kind: ClassVar[str] = "split"
    constraints: ClassVar[tuple[Constraint, ...]] = (same_quantization,)

    axis: int
    sizes: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """One shape per piece."""
        s = self.x.shape
        return [(*s[: self.axis], size, *s[self.axis + 1 :]) for size in self.sizes]


@dataclass(eq=False, kw_only=True)
class Slice(Operator):
    """y[i] = x[begin + i * stride] along every axis; strides may be negative; `size` is y's shape."""

    kind: ClassVar[str] = "slice"
    constraints: ClassVar[tuple[Constraint, ...]] = (same_quantization,)

    begin: tuple[int, ...]
    size: tuple[int, ...]
    strides: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """The size attribute."""
        return [self.size]


@dataclass(eq=False, kw_only=True)
class Transpose(Operator):
    """y.shape[i] = x.shape[perm[i]]."""

    kind: ClassVar[str] = "transpose"
    constraints: ClassVar[tuple[Constraint, ...]] = (same_quantization,)

    perm: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """The permuted shape."""
        return [tuple(self.x.shape[i] for i in self.perm)]
