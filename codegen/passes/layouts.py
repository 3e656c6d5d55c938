"""What becomes of an operator when its tensors are held with their axes in another order.

A layout of a tensor is a permutation: held axis i is axis layout[i] of the tensor.  The table says, for each kind of
operator that does not care, which layouts its other tensors then have and which attributes change.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Operator, Tensor
from codegen.ir.ops import (
    ArgExtreme,
    Binary,
    BroadcastTo,
    Cast,
    Concat,
    CumSum,
    Dequantize,
    FullyConnected,
    Gather,
    LogSoftmax,
    Lookup,
    Mean,
    Normalization,
    Pad,
    PRelu,
    Quantize,
    Reduction,
    Reshape,
    Select,
    Slice,
    Softmax,
    Split,
    Unary,
)

Layout = tuple[int, ...]
Fields = dict[str, Any]


def inverse(layout: Layout) -> Layout:
    """The layout that undoes one."""
    return tuple(layout.index(i) for i in range(len(layout)))


def composed(first: Layout, then: Layout) -> Layout:
    """The layout of a tensor held as `first` and then transposed by `then`."""
    return tuple(first[axis] for axis in then)


def permuted(values: Sequence[Any], layout: Layout) -> tuple[Any, ...]:
    """One value per axis, in the held order."""
    return tuple(values[axis] for axis in layout)


def in_order(shape: Sequence[int], layout: Layout) -> bool:
    """Whether the bytes stay where they are: dimensions larger than 1 keep their order."""
    moved = [axis for axis in layout if shape[axis] > 1]
    return moved == sorted(moved)


Attributes = Callable[[Any, Layout], "Fields | None"]
"""The attributes of an operator in a layout of its first output; None when it cannot work in that layout."""


def _same(_op: Operator, _layout: Layout) -> Fields:
    return {}


def _axis(op: Any, layout: Layout) -> Fields:
    return {"axis": layout.index(op.axis)}


def _slice(op: Slice, layout: Layout) -> Fields:
    return {name: permuted(getattr(op, name), layout) for name in ("begin", "size", "strides")}


def _reduction(op: Any, layout: Layout) -> Fields | None:
    return {"axes": tuple(sorted(layout.index(axis) for axis in op.axes))} if op.keep_dims else None


def _axes(op: Any, layout: Layout) -> Fields:
    return {"axes": tuple(sorted(layout.index(axis) for axis in op.axes))}


def _last_axis(_op: Operator, layout: Layout) -> Fields | None:
    """Operators over the last axis, which must stay there."""
    return {} if layout[-1] == len(layout) - 1 else None


def _gather(op: Gather, layout: Layout) -> Fields | None:
    plain = op.batch_dims == 0 and len(op.indices.shape) == 1 and op.indices.is_constant
    return _axis(op, layout) if plain else None


def _matrix(op: FullyConnected, layout: Layout) -> Fields | None:
    return _last_axis(op, layout) if op.keep_dims else None


ATTRIBUTES: dict[type[Operator], Attributes] = {
    Unary: _same,
    Cast: _same,
    Dequantize: _same,
    Lookup: _same,
    PRelu: _same,
    Quantize: _same,
    Binary: _same,
    Select: _same,
    BroadcastTo: lambda op, layout: {"shape": permuted(op.shape, layout)},
    Concat: _axis,
    CumSum: _axis,
    FullyConnected: _matrix,
    Gather: _gather,
    LogSoftmax: _last_axis,
    Mean: _reduction,
    Normalization: _axes,
    Pad: lambda op, layout: {"pads": permuted(op.pads, layout)},
    Reduction: _reduction,
    Slice: _slice,
    Softmax: _last_axis,
    Split: _axis,
}
"""Operators whose activations and outputs have one rank, and then one layout."""

ELEMENTWISE = (Binary, Select, PRelu)
"""Kinds whose constant operands are broadcast against the result, and are reordered with it."""


def layouts_around(op: Operator, tensor: Tensor, layout: Layout) -> dict[Tensor, Layout] | None:
    """The layouts of all activations and outputs of `op`, if `tensor`, one of them, has this one; None: impossible."""
    if isinstance(op, Reshape):
        other = op.y if tensor is op.x else op.x
        found = through_reshape(tensor.shape, other.shape, layout)
        return None if found is None else {tensor: layout, other: found}
    if isinstance(op, ArgExtreme | Reduction | Mean) and not getattr(op, "keep_dims", False):
        if tensor is not op.x:
            return None
        gone = (op.axis,) if isinstance(op, ArgExtreme) else op.axes
        kept = [axis for axis in layout if axis not in gone]
        return {tensor: layout, op.y: tuple(sorted(kept).index(axis) for axis in kept)}
    tensors = dict.fromkeys([*op.activations, *op.outputs], layout)
    attributes = _attributes(op)
    if attributes is None or any(len(t.shape) != len(layout) for t in tensors):
        return None
    return None if attributes(op, layout) is None else tensors


def _attributes(op: Operator) -> Attributes | None:
    return next((rule for kind, rule in ATTRIBUTES.items() if isinstance(op, kind)), None)


def relaid(op: Operator, layouts: Mapping[Tensor, Layout], held: Mapping[Tensor, Tensor]) -> Operator:
    """`op` over the tensors that hold its own in their layouts."""
    twin = copy.copy(op)
    layout = layouts[op.y]
    twin.inputs = [held.get(t, t) if t is not None else None for t in op.inputs]
    twin.outputs = [held[t] for t in op.outputs]
    if isinstance(op, Reshape):
        fields: Fields = {"shape": permuted(op.shape, layout)}
    elif isinstance(op, ArgExtreme):
        fields = {"axis": layouts[op.x].index(op.axis)}
    elif isinstance(op, Reduction | Mean) and not op.keep_dims:
        fields = {"axes": tuple(sorted(layouts[op.x].index(axis) for axis in op.axes))}
    else:
        attributes = _attributes(op)
        assert attributes is not None
        fields = attributes(op, layout) or {}
    for name, value in fields.items():
        setattr(twin, name, value)
    if isinstance(op, ELEMENTWISE):
        twin.inputs = [_constant(t, layout) if t is not None and t.is_constant else t for t in twin.inputs]
    return twin


def _constant(tensor: Tensor, layout: Layout) -> Tensor:
    """A constant operand, broadcast against tensors of this layout."""
    if tensor.size == 1:
        return tensor
    data = tensor.value.reshape((1,) * (len(layout) - len(tensor.shape)) + tensor.shape).transpose(layout)
    return Tensor(tensor.name, data.shape, tensor.dtype, tensor.quant, np.ascontiguousarray(data))


def through_reshape(source: Sequence[int], target: Sequence[int], layout: Layout) -> Layout | None:
    """The layout of the target of a reshape whose source has a layout, if the bytes then agree; None otherwise.

    Dimensions fall into groups of equal products; a group moves as a whole.  Dimensions of 1 follow their neighbour.
    """
    groups = _groups(source, target)
    order = [axis for axis in layout if source[axis] > 1]
    found: list[int] = []
    while order:
        group = next((g for g in groups if g[0] and g[0][0] == order[0]), None)
        if group is None or order[: len(group[0])] != group[0]:
            return None
        found += group[1]
        order = order[len(group[0]) :]
    return _with_units(found, target)


def _groups(source: Sequence[int], target: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Axes of both shapes, those of 1 left out, in the smallest runs of equal products."""
    left = [i for i, d in enumerate(source) if d > 1]
    right = [i for i, d in enumerate(target) if d > 1]
    groups: list[tuple[list[int], list[int]]] = []
    while left or right:
        a, b = [left.pop(0)], [right.pop(0)]
        p, q = source[a[0]], target[b[0]]
        while p != q:
            if p < q:
                a.append(left.pop(0))
                p *= source[a[-1]]
            else:
                b.append(right.pop(0))
                q *= target[b[-1]]
        groups.append((a, b))
    return groups


def _with_units(order: list[int], shape: Sequence[int]) -> Layout:
    """An order of the axes larger than 1, with those of 1 behind the axis that they follow in the shape."""
    result = [axis for axis in range(len(shape)) if shape[axis] == 1 and not any(d > 1 for d in shape[:axis])]
    for axis in order:
        result.append(axis)
        behind = axis + 1
        while behind < len(shape) and shape[behind] == 1:
            result.append(behind)
            behind += 1
    return tuple(result)
