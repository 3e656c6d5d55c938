"""ONNX operators that look elements up by index or write them there.

Indices count from the end when they are negative.  Elements picked one by one (GatherElements, ScatterElements) are
looked up in the flat tensor: their place is the index times its axis's step, plus what the other axes say.
"""

from __future__ import annotations

import math

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.functions import NARROW, cast, like
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import DYNAMIC_CURE, Rule, Site
from codegen.ir import DType, Tensor, ops


def from_start(site: Site, indices: Tensor, sizes: Tensor) -> Tensor:
    """Indices that may count from the end, as they count from the start; `sizes` broadcasts to them."""
    if indices.is_constant and (indices.value >= 0).all():
        return indices
    return site.emit(ops.FloorMod, indices, sizes)


def _gather(site: Site) -> Tensor:
    x, indices = site.tensor(0), site.tensor(1)
    axis = site.axis(site["axis"], len(x.shape))
    return site.emit(ops.Gather, x, from_start(site, indices, like(site, indices, x.shape[axis])), axis=axis)


def _tuples(site: Site, x: Tensor, indices: Tensor) -> Tensor:
    """Tuples of indices, as they count from the start."""
    depth = indices.shape[-1] if indices.shape else 0
    if not 1 <= depth <= len(x.shape):
        raise RefusedError(f"indices {indices.type_text} do not fit {x.type_text}")
    return from_start(site, indices, site.constant(x.shape[:depth], indices.dtype))


def _gather_nd(site: Site) -> Tensor:
    """Batch dimensions become indices of their own, which are known."""
    x, indices, batch = site.tensor(0), site.tensor(1), site["batch_dims"]
    if not 0 <= batch < len(indices.shape) or x.shape[:batch] != indices.shape[:batch]:
        raise RefusedError(f"{batch} batch dimensions do not fit {x.type_text} and {indices.type_text}")
    if batch:
        grid = np.stack([*np.indices(indices.shape[:-1])][:batch], axis=-1)
        indices = site.emit(ops.Concat, site.constant(grid, indices.dtype), indices, axis=len(indices.shape) - 1)
    return site.emit(ops.GatherNd, x, _tuples(site, x, indices))


def _places(site: Site, x: Tensor, indices: Tensor) -> Tensor:
    """Places in the flat x, int32, that indices along an axis say, which has one for each element of a result."""
    axis = site.axis(site["axis"], len(x.shape))
    fits = len(indices.shape) == len(x.shape) and all(
        n <= d for i, (n, d) in enumerate(zip(indices.shape, x.shape, strict=True)) if i != axis
    )
    if not fits:
        raise RefusedError(f"indices {indices.type_text} do not fit {x.type_text}")
    steps = [math.prod(x.shape[i + 1 :]) for i in range(len(x.shape))]
    others = [0 if i == axis else step for i, step in enumerate(steps)]
    grid = sum(np.arange(n).reshape(-1, *(1,) * (len(x.shape) - 1 - i)) * s for i, (n, s) in _axes(indices, others))
    start = cast(site, from_start(site, indices, like(site, indices, x.shape[axis])), DType.INT32)
    scaled = site.emit(ops.Mul, start, like(site, start, steps[axis]))
    return site.emit(ops.Add, scaled, site.constant(grid, DType.INT32, "grid"))


def _axes(indices: Tensor, steps: list[int]) -> list[tuple[int, tuple[int, int]]]:
    """Number, size and step of each axis."""
    return list(enumerate(zip(indices.shape, steps, strict=True)))


def _gather_elements(site: Site) -> Tensor:
    x = site.tensor(0)
    return site.emit(ops.Gather, reshaped(site, x, (x.size,)), _places(site, x, site.tensor(1)), axis=0)


def _scattered(site: Site, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """Updates into x; combined as the attribute says, bytes through int32."""
    if updates.is_constant and indices.is_constant and not x.is_constant:
        updates = site.emit(ops.Copy, updates)
    if site["reduction"] == "none" or x.dtype not in NARROW:
        return site.emit(ops.ScatterNd, x, indices, updates, reduction=site["reduction"])
    wide = [cast(site, t, DType.INT32) for t in (x, updates)]
    return cast(site, site.emit(ops.ScatterNd, wide[0], indices, wide[1], reduction=site["reduction"]), x.dtype)


def _scatter_nd(site: Site) -> Tensor:
    """Without a reduction, over a whole box of constant indices, the update of a slice, which takes no indices."""
    x, updates = site.tensor(0), site.tensor(2)
    indices = _tuples(site, x, site.tensor(1))
    start = _box_start(indices, x.shape) if site["reduction"] == "none" else None
    if start is None:
        return _scattered(site, x, indices, updates)
    depth = indices.shape[-1]
    sizes = _box_sizes(indices)
    box = reshaped(site, updates, (*sizes, *x.shape[depth:]))
    return site.emit(ops.UpdateSlice, x, box, site.constant((*start, *(0,) * (len(x.shape) - depth)), DType.INT32))


def _box_sizes(indices: Tensor) -> tuple[int, ...]:
    """How many places constant tuples of indices reach over, along each axis."""
    tuples = indices.value.reshape(-1, indices.shape[-1])
    return tuple(int(d) + 1 for d in tuples[-1] - tuples[0])


def _box_start(indices: Tensor, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Where constant tuples of indices begin, if they are those of a box in order; else None."""
    if not indices.is_constant:
        return None
    tuples, sizes = indices.value.reshape(-1, indices.shape[-1]), _box_sizes(indices)
    if min(sizes) < 1 or math.prod(sizes) != len(tuples) or (tuples >= shape[: len(sizes)]).any():
        return None
    box = np.stack([part.reshape(-1) for part in np.indices(sizes)], axis=-1) + tuples[0]
    return tuple(map(int, tuples[0])) if (box == tuples).all() else None


def _scatter_elements(site: Site) -> Tensor:
    """One by one into the flat tensor."""
    x, indices, updates = (site.tensor(i) for i in range(3))
    if updates.shape != indices.shape:
        raise RefusedError(f"updates {updates.type_text} do not fit indices {indices.type_text}")
    places = reshaped(site, _places(site, x, indices), (indices.size, 1))
    flat, values = reshaped(site, x, (x.size,)), reshaped(site, updates, (updates.size,))
    return reshaped(site, _scattered(site, flat, places, values), x.shape)


def _one_hot(site: Site) -> Tensor:
    """Whether each place along the new axis is that of the index, counted from the start or from the end."""
    indices, depth = site.tensor(0), int(site.number(1))
    if depth < 1:
        raise RefusedError(f"its depth is {depth}")
    axis = site.axis(site["axis"], len(indices.shape) + 1)
    indices = cast(site, indices, DType.INT64 if indices.dtype is DType.INT64 else DType.INT32)
    indices = reshaped(site, indices, (*indices.shape[:axis], 1, *indices.shape[axis:]))
    places = np.arange(depth).reshape(-1, *(1,) * (len(indices.shape) - 1 - axis))
    found = [
        site.emit(ops.Equal, indices, site.constant(places - end, indices.dtype), dtype=DType.BOOL)
        for end in (0, depth)
    ]
    values = site.tensor(2)
    off, on = (reshaped(site, site.emit(ops.Slice, values, begin=(i,), size=(1,), strides=(1,)), ()) for i in range(2))
    chosen = site.emit(ops.LogicalOr, *found)
    return site.emit(ops.Select, chosen, on, off, dtype=values.dtype)


def _top_k(site: Site) -> list[Tensor | None]:
    """Along any axis; always in order."""
    x = site.tensor(0)
    k = site.required("k") if site.optional(1) is None else site.integer(1)
    axis = site.axis(site["axis"], len(x.shape))
    exchange = list(range(len(x.shape)))
    exchange[axis], exchange[-1] = exchange[-1], axis
    last = axis == exchange[axis]
    moved = x if last else site.emit(ops.Transpose, x, perm=tuple(exchange))
    types = [(x.dtype, x.quant), (DType.INT64, None)]
    best = site.emit_many(ops.TopK, [moved], types, k=k, largest=bool(site["largest"]))
    return [t if last else site.emit(ops.Transpose, t, perm=tuple(exchange)) for t in best]


def _trilu(site: Site) -> Tensor:
    """Zeros below (or above) a diagonal."""
    x = site.tensor(0)
    if len(x.shape) < 2:
        raise RefusedError(f"{x.type_text} is not a matrix")
    k = 0 if site.optional(1) is None else max(min(site.integer(1), x.shape[-1]), -x.shape[-2])
    ones = np.ones(x.shape[-2:], bool)
    kept = np.triu(ones, k) if site["upper"] else np.tril(ones, k)
    return site.emit(ops.Select, site.constant(kept), x, like(site, x, 0), dtype=x.dtype)


def _compress(site: Site) -> Tensor:
    """The elements, or slices along an axis, for which a constant condition holds."""
    x = site.tensor(0)
    if site["axis"] is None:
        x = reshaped(site, x, (x.size,))
    axis = site.axis(site["axis"] or 0, len(x.shape))
    indices = np.flatnonzero(site.value(1).reshape(-1)[: x.shape[axis]])
    if not indices.size:
        raise RefusedError("its condition holds nowhere: the result is empty", DYNAMIC_CURE)
    return site.emit(ops.Gather, x, site.constant(indices, DType.INT32), axis=axis)


def _center_crop_pad(site: Site) -> Tensor:
    """The middle of each axis, or zeros around it."""
    x, target = site.tensor(0), site.integers(1)
    rank = len(x.shape)
    axes = range(rank) if site["axes"] is None else [site.axis(a, rank) for a in site["axes"]]
    if len(axes) != len(target) or min(target, default=1) < 1:
        raise RefusedError(f"shape {list(target)} does not fit axes {list(axes)} of {x.type_text}")
    wanted = [*x.shape]
    for axis, length in zip(axes, target, strict=True):
        wanted[axis] = length
    sizes = tuple(map(min, x.shape, wanted))
    begin = tuple((d - n) // 2 for d, n in zip(x.shape, sizes, strict=True))
    x = x if sizes == x.shape else site.emit(ops.Slice, x, begin=begin, size=sizes, strides=(1,) * rank)
    pads = tuple(((n - d) // 2, n - d - (n - d) // 2) for n, d in zip(wanted, sizes, strict=True))
    return site.emit(ops.Pad, x, pads=pads) if any(map(any, pads)) else x


def _reverse_sequence(site: Site) -> Tensor:
    """The first elements of each batch, as many as constant lengths say, backwards: a look-up in the flat tensor."""
    x, lengths = site.tensor(0), site.integers(1)
    rank = len(x.shape)
    time, batch = (site.axis(site[name], rank) for name in ("time_axis", "batch_axis"))
    if time == batch or len(lengths) != x.shape[batch] or not all(0 <= n <= x.shape[time] for n in lengths):
        raise RefusedError(f"lengths {list(lengths)} do not fit {x.type_text}")
    places = np.moveaxis(np.arange(x.size).reshape(x.shape), (batch, time), (0, 1)).copy()
    for row, length in zip(places, lengths, strict=True):
        row[:length] = row[:length][::-1].copy()
    indices = np.moveaxis(places, (0, 1), (batch, time))
    return site.emit(ops.Gather, reshaped(site, x, (x.size,)), site.constant(indices, DType.INT32), axis=0)


REDUCED = {"reduction": "none"}

RULES: dict[str, Rule] = {
    "CenterCropPad": Rule(ops.Pad, _center_crop_pad, (2, 2), attributes={"axes": tuple}),
    "Compress": Rule(ops.Gather, _compress, (2, 2), attributes={"axis": int}),
    "Gather": Rule(ops.Gather, _gather, (2, 2), attributes={"axis": 0}),
    "GatherElements": Rule(ops.Gather, _gather_elements, (2, 2), attributes={"axis": 0}),
    "GatherND": Rule(ops.GatherNd, _gather_nd, (2, 2), attributes={"batch_dims": 0}),
    "OneHot": Rule(ops.Select, _one_hot, (3, 3), attributes={"axis": -1}),
    "ReverseSequence": Rule(ops.Gather, _reverse_sequence, (2, 2), attributes={"batch_axis": 1, "time_axis": 0}),
    "Scatter": Rule(ops.ScatterNd, _scatter_elements, (3, 3), attributes={"axis": 0, **REDUCED}),
    "ScatterElements": Rule(ops.ScatterNd, _scatter_elements, (3, 3), attributes={"axis": 0, **REDUCED}),
    "ScatterND": Rule(ops.ScatterNd, _scatter_nd, (3, 3), attributes=REDUCED),
    "TopK": Rule(ops.TopK, _top_k, (1, 2), (2, 2), {"axis": -1, "k": int, "largest": 1, "sorted": 1}),
    "Trilu": Rule(ops.Select, _trilu, (1, 2), attributes={"upper": 1}),
}
"""By the operator's name in the file."""
