"""STRIDED_SLICE: Python's indexing in five bit masks, resolved to plain begins, sizes and strides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from codegen.frontends.findings import RefusedError

Ints = tuple[int, ...]

MAX_ENTRIES = 32
"""Masks have 32 bits."""


@dataclass
class Cut:
    """A resolved slice.

    Attributes:
        begin: first index along each input axis.
        size: elements along each input axis.
        strides: step along each input axis.
        shape: of the result: `size` without the axes that shrink, with the new ones.
    """

    begin: Ints = ()
    size: Ints = ()
    strides: Ints = ()
    shape: Ints = ()

    def take(self, begin: int, size: int, stride: int, *, keep: bool) -> None:
        """Slice the next input axis."""
        self.begin += (begin,)
        self.size += (size,)
        self.strides += (stride,)
        self.shape += (size,) * keep

    def take_whole(self, shape: Ints, count: int) -> None:
        """Take the next axes of an input of this shape whole."""
        for size in shape[len(self.size) : len(self.size) + count]:
            self.take(0, size, 1, keep=True)


@dataclass(frozen=True)
class Entry:
    """One entry of begin, end, strides and masks; `first` and `last` are None where their mask is set."""

    first: int | None
    last: int | None
    stride: int
    ellipsis: bool
    new_axis: bool
    shrink: bool
    offset: bool

    @property
    def indexes(self) -> bool:
        """Whether it takes one axis of the input."""
        return not self.ellipsis and not self.new_axis


def _entries(begin: Ints, end: Ints, strides: Ints, options: dict[str, Any]) -> list[Entry]:
    if not len(begin) == len(end) == len(strides) <= MAX_ENTRIES:
        raise RefusedError(f"begin, end and strides have {len(begin)}, {len(end)} and {len(strides)} values")

    def flag(mask: str, i: int) -> bool:
        return bool(options[mask] >> i & 1)

    return [
        Entry(
            first=None if flag("BeginMask", i) else begin[i],
            last=None if flag("EndMask", i) else end[i],
            stride=stride,
            ellipsis=flag("EllipsisMask", i),
            new_axis=flag("NewAxisMask", i),
            shrink=flag("ShrinkAxisMask", i),
            offset=bool(options["Offset"]),
        )
        for i, stride in enumerate(strides)
    ]


def resolve_strided_slice(shape: Ints, begin: Ints, end: Ints, strides: Ints, options: dict[str, Any]) -> Cut:
    """Resolve the masks as TFLite's strided_slice_logic.h does.

    The ellipsis stands for as many whole axes as are left, and so does the end; where masks overlap, the
    ellipsis wins over the new axis and that over the shrunk one.

    Raises:
        RefusedError: more axes are indexed than there are, a stride is 0, or there are two ellipses.
    """
    entries = _entries(begin, end, strides, options)
    indexed = sum(entry.indexes for entry in entries)
    if indexed > len(shape) or sum(entry.ellipsis for entry in entries) > 1:
        raise RefusedError(f"{indexed} axes are indexed of a tensor of rank {len(shape)}, or there are two ellipses")
    cut = Cut()
    for entry in entries:
        if entry.ellipsis:
            cut.take_whole(shape, len(shape) - indexed)
        elif entry.new_axis:
            cut.shape += (1,)
        else:
            start, stop = _bounds(shape[len(cut.size)], entry)
            size = 1 if entry.shrink else max(-(-(stop - start) // entry.stride), 0)
            cut.take(start, size, 1 if entry.shrink else entry.stride, keep=not entry.shrink)
    cut.take_whole(shape, len(shape) - len(cut.size))
    return cut


def _bounds(size: int, entry: Entry) -> tuple[int, int]:
    """Start and stop index along an axis of `size`, clamped to it."""
    if entry.stride == 0:
        raise RefusedError("a stride is 0")
    forward = entry.stride > 0
    low, high = (0, size) if forward else (-1, size - 1)

    def clamp(index: int) -> int:
        return min(max(index + size if index < 0 else index, low), high)

    start = (0 if forward else size - 1) if entry.first is None else clamp(entry.first)
    if entry.last is None:
        return start, (size if forward else -1)
    return start, clamp(entry.last + start if entry.offset else entry.last)
