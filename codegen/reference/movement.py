"""Operators that move elements and compute nothing; every element type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import BroadcastTo, Concat, Copy, Pad, Reshape, Shape, Slice, Split, Transpose, UpdateSlice


def reshape(op: Reshape, inputs: Sequence[Any]) -> list[Array]:
    """The same elements in the order of memory."""
    return [inputs[0].reshape(op.shape)]


def copy(op: Copy, inputs: Sequence[Any]) -> list[Array]:
    """The same elements."""
    del op
    return [inputs[0]]


def shape(op: Shape, inputs: Sequence[Any]) -> list[Array]:
    """The dimensions of the input; its value, None for an activation, does not matter."""
    del inputs
    return [np.array(op.x.shape)]


def pad(op: Pad, inputs: Sequence[Any]) -> list[Array]:
    """A border of the constant value."""
    return [np.pad(inputs[0], op.pads, constant_values=op.value)]


def concat(op: Concat, inputs: Sequence[Any]) -> list[Array]:
    """The inputs one behind the other along the axis."""
    return [np.concatenate(list(inputs), axis=op.axis)]


def split(op: Split, inputs: Sequence[Any]) -> list[Array]:
    """Consecutive pieces along the axis."""
    return np.split(inputs[0], np.cumsum(op.sizes)[:-1], axis=op.axis)


def slice_(op: Slice, inputs: Sequence[Any]) -> list[Array]:
    """Element begin + i * stride along every axis."""
    axes = [b + np.arange(n) * s for b, n, s in zip(op.begin, op.size, op.strides, strict=True)]
    return [inputs[0][np.ix_(*axes)] if axes else inputs[0]]


def transpose(op: Transpose, inputs: Sequence[Any]) -> list[Array]:
    """The axes in another order."""
    return [inputs[0].transpose(op.perm)]


def broadcast_to(op: BroadcastTo, inputs: Sequence[Any]) -> list[Array]:
    """Repetition along dimensions of 1."""
    return [np.broadcast_to(inputs[0], op.shape)]


def update_slice(op: UpdateSlice, inputs: Sequence[Any]) -> list[Array]:
    """DYNAMIC_UPDATE_SLICE: the start is clamped, so that the update lies inside."""
    x, update, start = inputs
    first = np.clip(start, 0, np.subtract(op.x.shape, op.update.shape))
    y = x.copy()
    y[tuple(slice(begin, begin + size) for begin, size in zip(first, update.shape, strict=True))] = update
    return [y]


MEANINGS: Mapping[Any, Any] = {
    Reshape: reshape,
    Shape: shape,
    Pad: pad,
    Concat: concat,
    Copy: copy,
    Split: split,
    Slice: slice_,
    Transpose: transpose,
    BroadcastTo: broadcast_to,
    UpdateSlice: update_slice,
}
