"""ONNX operators that join, cut, repeat and choose elements."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import ANY_NUMBER, Rule, Site
from codegen.frontends.onnx.types import constant_type, element_type
from codegen.ir import Array, DType, Tensor, ops

Shape = tuple[int, ...]


def _concat(site: Site) -> Tensor:
    """Empty constants, as shape arithmetic makes them, add nothing."""
    tensors = [t for t in site.inputs if t is not None and t.size]
    if not tensors:
        return site.tensor(0)
    axis = site.axis(site.required("axis"), len(tensors[0].shape))
    return tensors[0] if len(tensors) == 1 else site.emit(ops.Concat, *tensors, axis=axis)


def _split(site: Site) -> list[Tensor]:
    """Into given sizes, or evenly, the last piece smaller."""
    x, count = site.tensor(0), len(site.wanted)
    axis = site.axis(site["axis"], len(x.shape))
    sizes = site.integers_of("split", 1)
    if sizes is None:
        piece = -(-x.shape[axis] // count)
        sizes = tuple(max(min(piece, x.shape[axis] - piece * i), 0) for i in range(count))
    if site["num_outputs"] not in {None, count} or len(sizes) != count or min(sizes) < 0 or sum(sizes) != x.shape[axis]:
        raise RefusedError(f"{count} outputs cannot have sizes {list(sizes)}")
    if 0 in sizes:
        ends = np.cumsum(sizes)
        whole = [range(d) for d in x.shape]
        return [
            cut(site, x, [*whole[:axis], range(end - size, end), *whole[axis + 1 :]])
            for end, size in zip(ends.tolist(), sizes, strict=True)
        ]
    return [x] if count == 1 else site.emit_many(ops.Split, [x], [(x.dtype, x.quant)] * count, axis=axis, sizes=sizes)


def _slice(site: Site) -> Tensor:
    """Starts, ends, axes and steps; what is out of bounds is clamped."""
    x = site.tensor(0)
    starts, ends = site.integers_of("starts", 1), site.integers_of("ends", 2)
    axes, steps = site.integers_of("axes", 3), site.integers_of("steps", 4)
    if starts is None or ends is None:
        raise RefusedError("it has no starts or no ends")
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = (1,) * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise RefusedError(
            f"starts {list(starts)}, ends {list(ends)}, axes {list(axes)}, steps {list(steps)} do not fit"
        )
    ranges = [range(d) for d in x.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        at = site.axis(axis, len(x.shape))
        ranges[at] = _clamped(x.shape[at], start, end, step)
    return cut(site, x, ranges)


def _clamped(size: int, start: int, end: int, step: int) -> range:
    """The indices of a slice: going backwards, a start before the first element is the first (Python's is none)."""
    low, high = (0, size) if step > 0 else (-1, size - 1)
    first, last = (i + size if i < 0 else i for i in (start, end))
    return range(min(max(first, 0), high), min(max(last, low), high), step)


def cut(site: Site, x: Tensor, ranges: list[range]) -> Tensor:
    """The elements at these indices of every axis; an empty result is a constant."""
    size = tuple(map(len, ranges))
    if 0 in size:
        return site.constant(np.zeros(size, x.dtype.numpy), x.dtype)
    if all(r == range(d) for r, d in zip(ranges, x.shape, strict=True)):
        return x
    begin, strides = tuple(r.start for r in ranges), tuple(r.step for r in ranges)
    return site.emit(ops.Slice, x, begin=begin, size=size, strides=strides)


def broadcast(site: Site, x: Tensor, shape: Shape) -> Tensor:
    """A tensor repeated to a shape, both ways: dimensions of 1 in `shape` keep its own."""
    try:
        wanted = tuple(np.broadcast_shapes(x.shape, shape))
    except ValueError as error:
        raise RefusedError(f"{x.type_text} does not broadcast with {list(shape)}") from error
    return x if wanted == x.shape else site.emit(ops.BroadcastTo, x, shape=wanted)


def _expand(site: Site) -> Tensor:
    return broadcast(site, site.tensor(0), site.integers(1))


def _tile(site: Site) -> Tensor:
    """Axis by axis, the innermost first: [outer, 1, inner] broadcast to [outer, times, inner]."""
    x, times = site.tensor(0), site.integers(1)
    if len(times) != len(x.shape) or min(times, default=1) < 1:
        raise RefusedError(f"repeats {list(times)} do not fit {x.type_text}")
    for axis in reversed(range(len(times))):
        if times[axis] > 1:
            shape = x.shape
            outer, inner = math.prod(shape[:axis]), math.prod(shape[axis:])
            loose = reshaped(site, x, (outer, 1, inner))
            repeated = site.emit(ops.BroadcastTo, loose, shape=(outer, times[axis], inner))
            x = reshaped(site, repeated, (*shape[:axis], shape[axis] * times[axis], *shape[axis + 1 :]))
    return x


BORDERS: dict[str, Callable[[Array, tuple[int, int]], Array]] = {
    "edge": lambda indices, pads: np.pad(indices, pads, mode="edge"),
    "reflect": lambda indices, pads: np.pad(indices, pads, mode="reflect"),
    "wrap": lambda indices, pads: np.pad(indices, pads, mode="wrap"),
}
"""Which elements of an axis stand in its padding, by mode."""


def _pad(site: Site) -> Tensor:
    """Negative paddings cut; the modes but "constant" look elements up by constant indices, axis by axis."""
    x = site.tensor(0)
    counts = site.integers_of("pads", 1)
    axes = site.integers(3) if site.optional(3) is not None else tuple(range(len(x.shape)))
    if counts is None or len(counts) != 2 * len(axes):
        raise RefusedError(f"pads {list(counts or ())} do not fit {x.type_text}")
    pads = [(0, 0)] * len(x.shape)
    for axis, before, after in zip(axes, counts[: len(axes)], counts[len(axes) :], strict=True):
        pads[site.axis(axis, len(x.shape))] = (before, after)
    inside = [range(max(-b, 0), d - max(-a, 0)) for d, (b, a) in zip(x.shape, pads, strict=True)]
    if any(len(r) < 1 for r in inside):
        raise RefusedError(f"pads {list(counts)} leave nothing of {x.type_text}")
    x, grown = cut(site, x, inside), tuple((max(b, 0), max(a, 0)) for b, a in pads)
    if not any(map(any, grown)):
        return x
    site.bounded(tuple(d + sum(p) for d, p in zip(x.shape, grown, strict=True)), x.dtype)
    if site["mode"] == "constant":
        given = site.number(2) if site.optional(2) is not None else site["value"]
        return site.emit(ops.Pad, x, pads=grown, value=x.dtype.numpy.type(given).item())
    if site["mode"] not in BORDERS:
        raise RefusedError(f"mode {site['mode']!r} is not supported")
    for axis, pair in enumerate(grown):
        if any(pair):
            indices = site.constant(BORDERS[site["mode"]](np.arange(x.shape[axis]), pair), DType.INT32)
            x = site.emit(ops.Gather, x, indices, axis=axis)
    return x


BLOCK_ORDERS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "DCR": ((0, 3, 4, 1, 5, 2), (0, 3, 5, 1, 2, 4)),
    "CRD": ((0, 1, 4, 2, 5, 3), (0, 1, 3, 5, 2, 4)),
}
"""By mode, the axes of depth-to-space and of space-to-depth; channels are [block, block, depth] or the other way."""


def _block(site: Site) -> tuple[int, Shape]:
    block, x = site.required("blocksize"), site.tensor(0)
    if block < 1 or len(x.shape) != 4:
        raise RefusedError(f"blocks of {block} do not fit {x.type_text}")
    if site["mode"] not in BLOCK_ORDERS:
        raise RefusedError(f"mode {site['mode']!r} is not supported")
    return block, x.shape


def _depth_to_space(site: Site) -> Tensor:
    b, (n, c, h, w) = _block(site)
    depth = c // b**2
    shape = (n, b, b, depth, h, w) if site["mode"] == "DCR" else (n, depth, b, b, h, w)
    loose = site.emit(ops.Reshape, site.tensor(0), shape=shape)
    moved = site.emit(ops.Transpose, loose, perm=BLOCK_ORDERS[site["mode"]][0])
    return site.emit(ops.Reshape, moved, shape=(n, depth, h * b, w * b))


def _space_to_depth(site: Site) -> Tensor:
    b, (n, c, h, w) = _block(site)
    loose = site.emit(ops.Reshape, site.tensor(0), shape=(n, c, h // b, b, w // b, b))
    moved = site.emit(ops.Transpose, loose, perm=BLOCK_ORDERS[site["mode"]][1])
    return site.emit(ops.Reshape, moved, shape=(n, c * b * b, h // b, w // b))


def _where(site: Site) -> Tensor:
    a = site.tensor(1)
    return site.emit(ops.Select, site.tensor(0), a, site.tensor(2), dtype=a.dtype)


def cast(site: Site, x: Tensor, dtype: DType) -> Tensor:
    """A tensor as another type; any float type is float32 here."""
    if x.dtype is dtype:
        return x
    if dtype is DType.BOOL and x.dtype is not DType.BOOL:
        zero = site.constant(np.zeros((), x.dtype.numpy))
        return site.emit(ops.NotEqual, x, zero, dtype=DType.BOOL)
    return site.emit(ops.Cast, x, dtype=dtype)


def _cast(site: Site) -> Tensor:
    x = site.tensor(0)
    type_of = constant_type if x.is_constant else element_type
    return cast(site, x, type_of(site.required("to"), "its result"))


def _cast_like(site: Site) -> Tensor:
    return cast(site, site.tensor(0), site.tensor(1).dtype)


SLICE = {"starts": tuple, "ends": tuple, "axes": tuple, "steps": tuple}

RULES: dict[str, Rule] = {
    "Cast": Rule(ops.Cast, _cast, attributes={"to": int, "saturate": 1, "round_mode": "up"}),
    "CastLike": Rule(ops.Cast, _cast_like, (2, 2), attributes={"saturate": 1, "round_mode": "up"}),
    "Concat": Rule(ops.Concat, _concat, (1, ANY_NUMBER), attributes={"axis": int}),
    "DepthToSpace": Rule(ops.Transpose, _depth_to_space, attributes={"blocksize": int, "mode": "DCR"}),
    "Expand": Rule(ops.BroadcastTo, _expand, (2, 2)),
    "Pad": Rule(ops.Pad, _pad, (1, 4), attributes={"mode": "constant", "pads": tuple, "value": 0.0}),
    "Slice": Rule(ops.Slice, _slice, (1, 5), attributes=SLICE),
    "SpaceToDepth": Rule(ops.Transpose, _space_to_depth, attributes={"blocksize": int, "mode": "DCR"}),
    "Split": Rule(ops.Split, _split, (1, 2), (1, ANY_NUMBER), {"axis": 0, "split": tuple, "num_outputs": int}),
    "Tile": Rule(ops.BroadcastTo, _tile, (2, 2)),
    "Where": Rule(ops.Select, _where, (3, 3)),
}
"""By the operator's name in the file."""
