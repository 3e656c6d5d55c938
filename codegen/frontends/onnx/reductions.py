"""Reductions of ONNX, the places of extremes, running sums."""

from __future__ import annotations

import math
from collections.abc import Callable

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.functions import NARROW, cast, like, plain
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Convert, Rule, Site
from codegen.ir import DType, Operator, Tensor, ops

Reduce = Callable[[Site, Tensor, tuple[int, ...], int], Tensor]
"""A reduction of a tensor over axes (normalised, ascending), which are kept as 1 if the number is not 0."""


def _axes(site: Site, rank: int) -> tuple[int, ...]:
    """The axes, an attribute or an input; all of them when nothing is said, or none with noop_with_empty_axes."""
    given = site.integers_of("axes", 1)
    if not given:
        return () if site["noop_with_empty_axes"] else tuple(range(rank))
    axes = {site.axis(axis, rank) for axis in given}
    if len(axes) != len(given):
        raise RefusedError(f"axes {list(given)} are not distinct")
    return tuple(sorted(axes))


def _reduction(reduce: Reduce) -> Convert:
    def convert(site: Site) -> Tensor:
        x = site.tensor(0)
        return reduce(site, x, _axes(site, len(x.shape)), site["keepdims"])

    return convert


def _of(kind: type[Operator]) -> Reduce:
    """A reduction that the IR has; without axes nothing happens."""

    def reduce(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
        return plain(site, kind, x, axes=axes, keep_dims=bool(keep)) if axes else x

    return reduce


add_up, largest = _of(ops.Sum), _of(ops.ReduceMax)


def _extreme(kind: type[Operator], of_truth: type[Operator]) -> Reduce:
    """Of bytes and truth values as they are."""

    def reduce(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
        fitting = of_truth if x.dtype is DType.BOOL else kind
        return site.emit(fitting, x, axes=axes, keep_dims=bool(keep)) if axes else x

    return reduce


def _mean(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
    """Of integers the sum by the count, toward zero."""
    if x.dtype is DType.FLOAT32 or x.quant is not None:
        return site.emit(ops.Mean, x, axes=axes, keep_dims=bool(keep)) if axes else x
    wide = cast(site, x, DType.INT32) if x.dtype in NARROW else x
    total = add_up(site, wide, axes, keep)
    count = math.prod(x.shape[axis] for axis in axes)
    return cast(site, site.emit(ops.Div, total, like(site, total, count)), x.dtype)


def _absolute(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
    return add_up(site, plain(site, ops.Abs, x), axes, keep)


def _squares(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
    square = site.emit(ops.Square, x) if x.dtype is DType.FLOAT32 else plain(site, ops.Mul, x, x)
    return add_up(site, square, axes, keep)


def _euclidean(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
    return site.emit(ops.Sqrt, _squares(site, x, axes, keep))


def _log_of_sum(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
    return site.emit(ops.Log, add_up(site, x, axes, keep))


def _log_of_exponentials(site: Site, x: Tensor, axes: tuple[int, ...], keep: int) -> Tensor:
    """The largest element m + log(sum(exp(x - m)))."""
    most = largest(site, x, axes, 1)
    powers = site.emit(ops.Exp, site.emit(ops.Sub, x, most))
    result = site.emit(ops.Add, site.emit(ops.Log, add_up(site, powers, axes, 1)), most)
    kept = tuple(d for i, d in enumerate(result.shape) if keep or i not in axes)
    return reshaped(site, result, kept)


def _place(kind: type[Operator]) -> Convert:
    """Index of an extreme; of the last of equal ones, by looking from the end."""

    def convert(site: Site) -> Tensor:
        x = site.tensor(0)
        axis = site.axis(site["axis"], len(x.shape))
        backward = bool(site["select_last_index"])
        place = site.emit(kind, reversed_along(site, x, axis) if backward else x, dtype=DType.INT64, axis=axis)
        if backward:
            place = site.emit(ops.Sub, like(site, place, x.shape[axis] - 1), place)
        kept = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
        return reshaped(site, place, kept) if site["keepdims"] else place

    return convert


def reversed_along(site: Site, x: Tensor, axis: int) -> Tensor:
    """`x` backwards along an axis."""
    ends = tuple(d - 1 if i == axis else 0 for i, d in enumerate(x.shape))
    steps = tuple(-1 if i == axis else 1 for i in range(len(x.shape)))
    return site.emit(ops.Slice, x, begin=ends, size=x.shape, strides=steps)


def _cumsum(site: Site) -> Tensor:
    x = site.tensor(0)
    axis = site.axis(site.integer(1), len(x.shape))
    fields = {name: bool(site[name]) for name in ("exclusive", "reverse")}
    return plain(site, ops.CumSum, x, axis=axis, **fields)


REDUCTIONS: dict[str, tuple[type[Operator], Reduce]] = {
    "ReduceL1": (ops.Sum, _absolute),
    "ReduceL2": (ops.Sum, _euclidean),
    "ReduceLogSum": (ops.Sum, _log_of_sum),
    "ReduceLogSumExp": (ops.Sum, _log_of_exponentials),
    "ReduceMax": (ops.ReduceMax, _extreme(ops.ReduceMax, ops.ReduceAny)),
    "ReduceMean": (ops.Mean, _mean),
    "ReduceMin": (ops.ReduceMin, _extreme(ops.ReduceMin, ops.ReduceAll)),
    "ReduceProd": (ops.ReduceProd, _of(ops.ReduceProd)),
    "ReduceSum": (ops.Sum, add_up),
    "ReduceSumSquare": (ops.Sum, _squares),
}

REDUCED = {"axes": tuple, "keepdims": 1, "noop_with_empty_axes": 0}
PLACE = {"axis": 0, "keepdims": 1, "select_last_index": 0}

RULES: dict[str, Rule] = {
    **{name: Rule(kind, _reduction(reduce), (1, 2), attributes=REDUCED) for name, (kind, reduce) in REDUCTIONS.items()},
    "ArgMax": Rule(ops.ArgMax, _place(ops.ArgMax), attributes=PLACE),
    "ArgMin": Rule(ops.ArgMin, _place(ops.ArgMin), attributes=PLACE),
    "CumSum": Rule(ops.CumSum, _cumsum, (2, 2), attributes={"exclusive": 0, "reverse": 0}),
}
"""By the operator's name in the file."""
