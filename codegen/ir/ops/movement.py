"""Operators that move elements and compute nothing: they accept every element type.

They move stored numbers, as TFLite's kernels do: an output whose scale or zero point is another than the input's
holds the same numbers with another meaning.

SQUEEZE and EXPAND_DIMS arrive here as Reshape, SPLIT_V as Split, PACK as Reshape + Concat, UNPACK
as Split + Reshape, STRIDED_SLICE as Slice + Reshape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import axes_problem, same_type
from codegen.ir.operator import Activation, Constraint, Operator
from codegen.ir.operator import Shape as ShapeTuple
from codegen.ir.tensor import DType, Tensor


def same_elements(op: Reshape) -> str | None:
    """The new shape holds as many elements as the old one."""
    if min(op.shape, default=1) >= 1 and math.prod(op.shape) == op.x.size:
        return None
    return f"{op.x.type_text} cannot be seen as shape {list(op.shape)}"


def integer_output(op: Shape) -> str | None:
    """The output is int32 or int64."""
    return None if op.y.dtype in {DType.INT32, DType.INT64} else f"output {op.y.name!r} is {op.y.dtype.value}"


def valid_pads(op: Pad) -> str | None:
    """Every axis has a padding, none is negative."""
    if len(op.pads) == len(op.x.shape) and all(min(p) >= 0 for p in op.pads):
        return None
    return f"paddings {[list(p) for p in op.pads]} do not fit {op.x.type_text}"


def joinable(op: Concat) -> str | None:
    """All inputs have the same shape, save along the axis."""
    if problem := axes_problem((op.axis,), op.x):
        return problem
    shapes = [t.shape for t in op.inputs if t is not None]
    for shape in shapes:
        if (*shape[: op.axis], op.x.shape[op.axis], *shape[op.axis + 1 :]) != op.x.shape or len(shape) <= op.axis:
            return f"shapes {list(op.x.shape)} and {list(shape)} do not join along axis {op.axis}"
    return None


def plain_concat(op: Concat) -> str | None:
    """No fused activation (TFLite's kernel refuses it)."""
    return None if op.activation is Activation.NONE else f"a concatenation with {op.activation.name} is not supported"


def whole_pieces(op: Split) -> str | None:
    """The pieces are one per output, not empty, and make up the axis."""
    if problem := axes_problem((op.axis,), op.x):
        return problem
    length = op.x.shape[op.axis]
    if len(op.sizes) == len(op.outputs) and min(op.sizes, default=0) >= 1 and sum(op.sizes) == length:
        return None
    return f"an axis of {length} cannot be cut into {len(op.outputs)} pieces of {list(op.sizes)}"


def inside_input(op: Slice) -> str | None:
    """Begin and end of every axis lie inside the input; no slice is empty."""
    rank = len(op.x.shape)
    if {len(op.begin), len(op.size), len(op.strides)} == {rank} and all(
        size >= 1 and stride != 0 and 0 <= begin < d and 0 <= begin + (size - 1) * stride < d
        for d, begin, size, stride in zip(op.x.shape, op.begin, op.size, op.strides, strict=True)
    ):
        return None
    return f"begin {list(op.begin)}, size {list(op.size)}, strides {list(op.strides)} leave {op.x.type_text}"


def permutation(op: Transpose) -> str | None:
    """`perm` names every axis once."""
    if sorted(op.perm) == list(range(len(op.x.shape))):
        return None
    return f"{list(op.perm)} is not a permutation of the axes of {op.x.type_text}"


@dataclass(eq=False, kw_only=True)
class Reshape(Operator):
    """The same elements, another shape: a view, never a copy unless an output forces one."""

    kind: ClassVar[str] = "reshape"
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        same_elements,
    )

    shape: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """The shape attribute; the front-end has resolved -1."""
        return [self.shape]


@dataclass(eq=False, kw_only=True)
class Copy(Operator):
    """The same bytes in memory of their own, never folded away: for states and outputs and their first values."""

    kind: ClassVar[str] = "copy"
    preconditions: ClassVar[tuple[Constraint, ...]] = (same_type,)

    @property
    def foldable(self) -> bool:
        """Never: whoever reads it needs memory."""
        return False

    def infer_shapes(self) -> list[ShapeTuple]:
        """The input's shape."""
        return [self.x.shape]


@dataclass(eq=False, kw_only=True)
class Shape(Operator):
    """The shape of x as int32 [rank]; always folds away."""

    kind: ClassVar[str] = "shape"
    preconditions: ClassVar[tuple[Constraint, ...]] = (integer_output,)

    def infer_shapes(self) -> list[ShapeTuple]:
        """[rank]."""
        return [(len(self.x.shape),)]


@dataclass(eq=False, kw_only=True)
class Pad(Operator):
    """Constant padding: pads[i] = (before, after) along axis i; `value` is in the tensor's own numbers.

    PAD fills with the zero point, PADV2 with its third input.
    """

    kind: ClassVar[str] = "pad"
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        valid_pads,
    )

    pads: tuple[tuple[int, int], ...]
    value: int | float = 0

    def infer_shapes(self) -> list[ShapeTuple]:
        """Each dimension plus its padding."""
        return [tuple(d + sum(p) for d, p in zip(self.x.shape, self.pads, strict=True))]


@dataclass(eq=False, kw_only=True)
class Concat(Operator):
    """Inputs joined along `axis` (normalised)."""

    kind: ClassVar[str] = "concat"
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        joinable,
        plain_concat,
    )

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
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        whole_pieces,
    )

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
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        inside_input,
    )

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
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        permutation,
    )

    perm: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """The permuted shape."""
        return [tuple(self.x.shape[i] for i in self.perm)]


def expands(op: BroadcastTo) -> str | None:
    """Dimensions of 1 are repeated and leading ones added; the others stay."""
    padded = (1,) * (len(op.shape) - len(op.x.shape)) + op.x.shape
    if len(padded) == len(op.shape) and all(a in (1, b) and b >= 1 for a, b in zip(padded, op.shape, strict=True)):
        return None
    return f"{op.x.type_text} does not broadcast to {list(op.shape)}"


def fitting_update(op: UpdateSlice) -> str | None:
    """The update has x's element type and rank, 1 or more, and lies inside x; start has one int32 or int64 per axis."""
    x, update, start = op.x, op.update, op.start
    if start.dtype not in {DType.INT32, DType.INT64} or start.shape != (len(x.shape),) or not x.shape:
        return f"start {start.name!r} is {start.type_text}, which does not fit {x.type_text}"
    inside = len(update.shape) == len(x.shape) and all(u <= d for u, d in zip(update.shape, x.shape, strict=True))
    if update.dtype is x.dtype is op.y.dtype and inside:
        return None
    return f"update {update.name!r}, {update.type_text}, does not fit {x.type_text} and {op.y.type_text}"


@dataclass(eq=False, kw_only=True)
class UpdateSlice(Operator):
    """x with the update written over it at `start`, which is moved as far as the update needs to lie inside."""

    kind: ClassVar[str] = "update_slice"
    preconditions: ClassVar[tuple[Constraint, ...]] = (fitting_update,)

    @property
    def update(self) -> Tensor:
        """As many axes as x, none longer."""
        return self.operand(1)

    @property
    def start(self) -> Tensor:
        """[rank of x]: where the update's first element goes."""
        return self.operand(2)

    def infer_shapes(self) -> list[ShapeTuple]:
        """The input's shape."""
        return [self.x.shape]


@dataclass(eq=False, kw_only=True)
class BroadcastTo(Operator):
    """x repeated along its dimensions of 1."""

    kind: ClassVar[str] = "broadcast_to"
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        same_type,
        expands,
    )

    shape: tuple[int, ...]

    def infer_shapes(self) -> list[ShapeTuple]:
        """The shape attribute."""
        return [self.shape]
