"""Operators that move elements: all of them copy boxes of blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    Fields,
    Operand,
    RowsHeld,
    rowwise,
    whole,
)
from codegen.backends.portable import cost
from codegen.backends.portable.boxes import Dim, blocks
from codegen.backends.portable.rows import line_count, only
from codegen.ir import Activation, Operator, Tensor
from codegen.ir.ops import BroadcastTo, Concat, Copy, Pad, Reshape, Slice, Split, Transpose, UpdateSlice


def strides(tensor: Tensor) -> list[int]:
    """Bytes from one element to the next along each axis of a dense tensor."""
    return [math.prod(tensor.shape[i + 1 :]) * tensor.dtype.bytes for i in range(len(tensor.shape))]


def copy_call(src: Tensor, dst: Tensor) -> Call:
    """Copy all of a tensor, or write a constant, to a tensor of as many bytes."""
    return _copy(src, dst, Box(((src.size, src.dtype.bytes, dst.dtype.bytes),)))


def first_copy(x: Tensor, y: Tensor) -> Call:
    """The call that brings x to y, which the next one writes over; nothing to do where both may lie in one place."""
    return copy_call(x, y) if x.is_constant else _move(x, y, 1, frozenset({0}))


def reshape(op: Reshape, _core: Core) -> list[Candidate]:
    """A plain copy, for where the schedule cannot make a view."""
    return _copies(op, [copy_call(op.x, op.y)], "copy")


def copy(op: Copy, _core: Core) -> list[Candidate]:
    """To memory of its own, perhaps over part of where it comes from: rows are those of the outermost axis."""
    if op.x.is_constant:
        return _copies(op, [_fill(op.x, op.y)], "copy")
    call = _move(op.x, op.y, next((d for d in op.x.shape if d > 1), 1))
    return only(op, call, cost.CALL + cost.copy(op.x.bytes), "one move of all rows")


def _fill(x: Tensor, y: Tensor) -> Call:
    """Write a constant; one whose elements are alike as one element, again and again."""
    first = x.value.reshape(-1)[:1]
    if x.size == 1 or (x.value.view(f"u{x.dtype.bytes}") != first.view(f"u{x.dtype.bytes}")).any():
        return copy_call(x, y)
    element = Tensor(x.name, (1,), x.dtype, x.quant, first)
    return _copy(element, y, Box(((x.size, 0, x.dtype.bytes),)))


def _move(x: Tensor, y: Tensor, rows: int, in_place: frozenset[int] = frozenset()) -> Call:
    params: Fields = (("row_bytes", x.bytes // rows), ("x_held", RowsHeld(0)), ("y_held", RowsHeld(1)))
    return Call("genc_move", params, (rowwise(x, rows),), (rowwise(y, rows),), rows, in_place=in_place)


@dataclass(frozen=True)
class Box:
    """What is copied, seen from the whole tensors.

    Attributes:
        dims: (size, step in x, step in y) per axis; steps in bytes.
        x_offset: bytes to the first element in x.
        y_offset: bytes to the first element in y.
    """

    dims: tuple[Dim, ...]
    x_offset: int = 0
    y_offset: int = 0


@dataclass(frozen=True)
class RowMap:
    """Which row of x each row of y comes from; rows count through images.

    Attributes:
        x_count: rows of x.
        y_count: rows of y.
        image_rows: rows of an image of y.
        x_image_rows: rows of x from the source of one image to that of the next.
        first: row of x for row 0.
        step: rows of x per row of y inside an image.
    """

    x_count: int = 1
    y_count: int = 1
    image_rows: int = 1
    x_image_rows: int = 1
    first: int = 0
    step: int = 1

    @property
    def sources(self) -> tuple[int, ...]:
        """The row of x for each row of y."""
        return tuple(
            r // self.image_rows * self.x_image_rows + self.first + r % self.image_rows * self.step
            for r in range(self.y_count)
        )


WHOLE = RowMap()
"""Both tensors are one row."""


def _copy(x: Tensor, y: Tensor, box: Box, rows: RowMap = WHOLE) -> Call:
    """The call that copies `box`, in every row; a constant x goes into the parameters."""
    block, dims = blocks(box.dims, x.dtype.bytes)
    params: Fields = (
        ("x_row_bytes", x.bytes // rows.x_count),
        ("y_row_bytes", y.bytes // rows.y_count),
        ("x_held", rows.x_count if x.is_constant else RowsHeld(0)),
        ("y_held", RowsHeld(0 if x.is_constant else 1)),
        ("image_rows", rows.image_rows),
        ("x_image_rows", rows.x_image_rows),
        ("x_first_row", rows.first),
        ("x_row_step", rows.step),
        ("x_offset", box.x_offset),
        ("y_offset", box.y_offset),
        ("block", block),
        ("rank", len(dims)),
        ("dims", _dims(dims)),
        ("constant", Constant("value", x.value, x.type_text, max(4, x.dtype.bytes)) if x.is_constant else None),
    )
    if x.is_constant:
        return Call("genc_copy_constant", params, (), (rowwise(y, rows.y_count),), rows.y_count)
    operand = Operand(x, rows.x_count, x.bytes // rows.x_count, rows.sources, rows.sources)
    return Call("genc_copy", params, (operand,), (rowwise(y, rows.y_count),), rows.y_count)


def _dims(dims: list[Dim]) -> Constant:
    return Constant("dims", np.array(dims, np.int32), "size, step in x, step in y; bytes")


def _instructions(call: Call) -> float:
    """Estimated instructions of a copy: by lines of blocks."""
    fields = dict(call.params)
    dims, block = fields["dims"], fields["block"]
    assert isinstance(dims, Constant)
    assert isinstance(block, int)
    lines = call.out_rows * int(np.prod(dims.array[:-1, 0]))
    whole = not (dims.array[-1, 1:] % block).any()  # steps are multiples of the block
    each = cost.ELEMENT if block in {1, 2, 4} and whole else cost.block(block)
    return call.out_rows * cost.COPY_ROW + lines * (cost.LINE + int(dims.array[-1, 0]) * each)


def _copies(op: Operator, calls: list[Call], why: str) -> list[Candidate]:
    return [Candidate(op, "portable", tuple(calls), sum(_instructions(c) for c in calls), why)]


def _box(x: Tensor, y: Tensor) -> list[Dim]:
    """The whole of the smaller of two tensors of one rank, as a box at the same place of both."""
    sizes = map(min, x.shape, y.shape)
    return list(zip(sizes, strides(x), strides(y), strict=True))


def concat(op: Concat, _core: Core) -> list[Candidate]:
    """Each input copied, by a call of its own, into its place; TFLite has none with a fused activation."""
    if op.activation is not Activation.NONE:
        return []
    calls, position = [], 0
    for index in range(len(op.inputs)):
        x = op.operand(index)
        calls.append(_part(x, op.y, op.axis, position))
        position += x.shape[op.axis]
    return _copies(op, calls, "one copy per input")


def _part(x: Tensor, y: Tensor, axis: int, position: int) -> Call:
    """Copy x to y at `position` along an axis: by rows where an axis inside the line is meant."""
    offset = position * strides(y)[axis]
    if len(y.shape) == 4 and axis >= 2:
        rows = line_count(y)
        return _copy(x, y, Box(tuple(_box(x, y)[2:]), 0, offset), RowMap(rows, rows, rows))
    return _copy(x, y, Box(tuple(_box(x, y)), 0, offset))


def split(op: Split, _core: Core) -> list[Candidate]:
    """Each piece copied out by a call of its own."""
    calls, position = [], 0
    for y in op.outputs:
        begin = [0] * len(y.shape)
        begin[op.axis] = position
        calls.append(_slice(op.x, y, begin, [1] * len(y.shape)))
        position += y.shape[op.axis]
    return _copies(op, calls, "one copy per output")


def slice_(op: Slice, _core: Core) -> list[Candidate]:
    """A part of x, perhaps with gaps, perhaps backwards."""
    return _copies(op, [_slice(op.x, op.y, list(op.begin), list(op.strides))], "strided copy")


def _slice(x: Tensor, y: Tensor, begin: list[int], step: list[int]) -> Call:
    dims = [(n, s * xs, ys) for n, s, xs, ys in zip(y.shape, step, strides(x), strides(y), strict=True)]
    offsets = [b * xs for b, xs in zip(begin, strides(x), strict=True)]
    if len(y.shape) != 4:
        return _copy(x, y, Box(tuple(dims), sum(offsets)))
    height = x.shape[1]
    first = begin[0] * height + begin[1]
    rows = RowMap(line_count(x), line_count(y), y.shape[1], step[0] * height, first, step[1])
    return _copy(x, y, Box(tuple(dims[2:]), sum(offsets[2:])), rows)


def transpose(op: Transpose, _core: Core) -> list[Candidate]:
    """Any permutation; what lies together in both stays together."""
    x_strides = strides(op.x)
    dims = tuple(zip(op.y.shape, (x_strides[axis] for axis in op.perm), strides(op.y), strict=True))
    if len(dims) == 4 and line_count(op.y) > 1 and dims[0][1] % dims[1][1] == 0:
        return _copies(op, [_gathered_rows(op, dims)], "strided copy, row by row of an input held whole")
    return _copies(op, [_copy(op.x, op.y, Box(dims))], "strided copy")


def _gathered_rows(op: Transpose, dims: tuple[Dim, ...]) -> Call:
    """The call that makes each row of y from all of x, so that only some rows of y need be there at a time."""
    row_bytes = dims[1][1]
    rows = RowMap(op.x.bytes // row_bytes, line_count(op.y), op.y.shape[1], dims[0][1] // row_bytes)
    call = _copy(op.x, op.y, Box(dims[2:]), rows)
    params = tuple((name, rows.x_count if name == "x_held" else value) for name, value in call.params)
    return replace(call, params=params, inputs=(whole(op.x, rows.y_count),))


def broadcast_to(op: BroadcastTo, _core: Core) -> list[Candidate]:
    """Repetition: a copy that does not move in x where x is repeated."""
    x, y = op.x, op.y
    missing = len(y.shape) - len(x.shape)
    x_sizes, x_steps = (1,) * missing + x.shape, [0] * missing + strides(x)
    steps = [0 if size == 1 else step for size, step in zip(x_sizes, x_steps, strict=True)]
    return _copies(op, [_copy(x, y, Box(tuple(zip(y.shape, steps, strides(y), strict=True))))], "strided copy")


def update_slice(op: UpdateSlice, _core: Core) -> list[Candidate]:
    """All of x, in place where that may be, then the update over it."""
    x, y, start = op.x, op.y, op.start
    base = first_copy(x, y)
    spaces = [size - part for size, part in zip(x.shape, op.update.shape, strict=True)]
    if start.is_constant:
        first = np.clip(start.value, 0, spaces)
        offset = sum(int(at) * step for at, step in zip(first, strides(y), strict=True))
        over = _copy(op.update, y, Box(tuple(_box(op.update, y)), 0, offset))
    else:
        over = _over(op, spaces)
    instructions = 2 * cost.CALL + cost.copy(x.bytes) + cost.copy(op.update.bytes)
    return [Candidate(op, "portable", (base, over), instructions, "move, then one copy over it")]


def _over(op: UpdateSlice, spaces: list[int]) -> Call:
    """The call that writes the update at a start that is computed at run time."""
    update, y, start = op.update, op.y, op.start
    block, dims = blocks(_box(update, y), y.dtype.bytes)
    axes = [(space + 1, step) for space, step in zip(spaces, strides(y), strict=True)]
    fixed = update.is_constant
    align = max(4, y.dtype.bytes)
    params: Fields = (
        ("constant", Constant("update", update.value, update.type_text, align) if fixed else None),
        ("depth", len(axes)),
        ("axes", Constant("axes", np.array(axes, np.int32), "places for the update, bytes from one to the next")),
        ("index_bytes", start.dtype.bytes),
        ("block", block),
        ("rank", len(dims)),
        ("dims", _dims(dims)),
    )
    read = [whole(t, 1, t.dtype.bytes) for t in ((start,) if fixed else (update, start))]
    return Call("genc_update_slice" + "_constant" * fixed, params, tuple(read), (rowwise(y, 1),), 1)


def pad(op: Pad, _core: Core) -> list[Candidate]:
    """Constant padding: each row is filled, then what x has is copied in."""
    x, y = op.x, op.y
    lines = len(x.shape) == 4
    inner = 2 if lines else 0
    block, dims = blocks(_box(x, y)[inner:], x.dtype.bytes)
    before = [p[0] for p in op.pads]
    x_rows, y_rows = line_count(x), line_count(y)
    params: Fields = (
        ("x_row_bytes", x.bytes // x_rows),
        ("y_row_bytes", y.bytes // y_rows),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("images", x.shape[0] if lines else 1),
        ("x_image_rows", x.shape[1] if lines else 1),
        ("y_image_rows", y.shape[1] if lines else 1),
        ("images_before", before[0] if lines else 0),
        ("rows_before", before[1] if lines else 0),
        ("element", x.dtype.bytes),
        ("value", Constant("value", np.array([op.value], x.dtype.numpy))),
        ("y_offset", sum(b * s for b, s in zip(before[inner:], strides(y)[inner:], strict=True))),
        ("block", block),
        ("rank", len(dims)),
        ("dims", _dims(dims)),
    )
    operand = _padded_rows(op) if lines else whole(x, 1)
    call = Call("genc_pad", params, (operand,), (rowwise(y, y_rows),), y_rows)
    return only(op, call, _instructions(call) + y_rows * cost.fill(y.bytes // y_rows, x.dtype.bytes), "fill and copy")


def _padded_rows(op: Pad) -> Operand:
    """The input by lines; a line of padding reads none, and stands before the next line that is read."""
    (n, h), (n_before, h_before) = op.x.shape[:2], (p[0] for p in op.pads[:2])
    first, last = [], []
    for image in range(-n_before, op.y.shape[0] - n_before):
        for row in range(-h_before, op.y.shape[1] - h_before):
            inside = 0 <= image < n and 0 <= row < h
            nearest = min(max(image, 0), n) * h + (min(max(row, 0), h) if 0 <= image < n else 0)
            first.append(nearest)
            last.append(nearest if inside else nearest - 1)
    return Operand(op.x, n * h, op.x.bytes // (n * h), tuple(first), tuple(last))
