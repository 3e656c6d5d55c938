"""Softmax and its kin, and normalisation by mean and variance, of ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.functions import cast, like
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Convert, Rule, Site
from codegen.ir import DType, Operator, Tensor, ops

FLATTENED_BEFORE = 13
"""Opset since which softmax looks at one axis; before, at all from that axis on."""


def along_last(site: Site, x: Tensor, axis: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """A function over the last axis, over any axis: that is exchanged with the last for it."""
    rank = len(x.shape)
    if axis == rank - 1:
        return function(x)
    exchange = list(range(rank))
    exchange[axis], exchange[-1] = rank - 1, axis
    perm = tuple(exchange)
    return site.emit(ops.Transpose, function(site.emit(ops.Transpose, x, perm=perm)), perm=perm)


def _over_axis(function: Callable[[Site, Tensor], Tensor]) -> Convert:
    """A function over the axis of the operator; in old versions over all axes from that on, as one."""

    def convert(site: Site) -> Tensor:
        x, old = site.tensor(0), site.opset < FLATTENED_BEFORE
        rank = len(x.shape)
        default = 1 if old else -1
        axis = default if site["axis"] is None else site["axis"]
        if rank == 0 or (old and axis == rank):
            return reshaped(site, function(site, reshaped(site, x, (*x.shape, 1))), x.shape)
        axis = site.axis(axis, rank)
        if old and axis < rank - 1:
            flat = reshaped(site, x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))
            return reshaped(site, function(site, flat), x.shape)
        return along_last(site, x, axis, lambda t: function(site, t))

    return convert


def _kind(kind: type[Operator]) -> Callable[[Site, Tensor], Tensor]:
    return lambda site, x: site.emit(kind, x)


def _hardmax(site: Site, x: Tensor) -> Tensor:
    """1 at the first of the largest elements, 0 elsewhere."""
    place = site.emit(ops.ArgMax, x, dtype=DType.INT32, axis=len(x.shape) - 1)
    places = site.constant(np.arange(x.shape[-1], dtype=np.int32))
    found = site.emit(ops.Equal, reshaped(site, place, (*place.shape, 1)), places, dtype=DType.BOOL)
    return cast(site, found, x.dtype)


def scaled(site: Site, x: Tensor, scale: Tensor | None, bias: Tensor | None) -> Tensor:
    """The product with the scale, plus the bias; what is not there or changes nothing is left out."""
    for kind, parameter, neutral in ((ops.Mul, scale, 1), (ops.Add, bias, 0)):
        if parameter is not None and not (parameter.is_constant and (parameter.value == neutral).all()):
            x = site.emit(kind, x, parameter)
    return x


def _per_channel(site: Site, parameter: Tensor, rank: int, channels: int, repeats: int = 1) -> Tensor:
    """[C], or [C / repeats] for so many channels each, as [C, 1, ...] of a tensor of this rank."""
    if parameter.size * repeats != channels or len(parameter.shape) != 1:
        raise RefusedError(f"its parameter {parameter.name!r} is {parameter.type_text}, for {channels} channels")
    if repeats > 1:
        column = reshaped(site, parameter, (parameter.size, 1))
        parameter = site.emit(ops.BroadcastTo, column, shape=(parameter.size, repeats))
    return reshaped(site, parameter, (channels, *(1,) * (rank - 2)))


def _instance_normalization(site: Site) -> Tensor:
    """Every channel of every image by itself."""
    x = site.tensor(0)
    rank = len(x.shape)
    if rank < 3:
        raise RefusedError(f"input {x.type_text} has no spatial axes")
    y = site.emit(ops.Normalization, x, axes=tuple(range(2, rank)), epsilon=site["epsilon"])
    return scaled(site, y, *(_per_channel(site, site.tensor(i), rank, x.shape[1]) for i in (1, 2)))


SCALES_PER_CHANNEL = 21
"""Opset since which group normalisation has a scale and bias per channel; before, per group."""


def _group_normalization(site: Site) -> Tensor:
    """Groups of channels; with the channels last, so that images keep their layout."""
    x, groups = site.tensor(0), site.required("num_groups")
    rank = len(x.shape)
    if rank < 3 or groups < 1 or x.shape[1] % groups:
        raise RefusedError(f"{groups} groups of the channels of {x.type_text}")
    batch, channels = x.shape[:2]
    last = site.emit(ops.Transpose, x, perm=(0, *range(2, rank), 1))
    parts = reshaped(site, last, (batch, x.size // batch // channels, groups, channels // groups))
    normal = site.emit(ops.Normalization, parts, axes=(1, 3), epsilon=site["epsilon"])
    y = site.emit(ops.Transpose, reshaped(site, normal, last.shape), perm=(0, rank - 1, *range(1, rank - 1)))
    repeats = 1 if site.opset >= SCALES_PER_CHANNEL else channels // groups
    return scaled(site, y, *(_per_channel(site, site.tensor(i), rank, channels, repeats) for i in (1, 2)))


def _layer_normalization(site: Site) -> list[Tensor | None]:
    """Over all axes from one on; mean and inverse deviation, if anybody reads them, are computed again."""
    x = site.tensor(0)
    axes = tuple(range(site.axis(site["axis"], len(x.shape)), len(x.shape)))
    y = site.emit(ops.Normalization, x, axes=axes, epsilon=site["epsilon"])
    results: list[Tensor | None] = [scaled(site, y, site.tensor(1), site.optional(2)), None, None]
    if any(site.wanted[1:]):
        mean = site.emit(ops.Mean, x, axes=axes, keep_dims=True)
        square = site.emit(ops.Square, site.emit(ops.Sub, x, mean))
        variance = site.emit(ops.Mean, square, axes=axes, keep_dims=True)
        results[1:] = mean, site.emit(ops.Rsqrt, site.emit(ops.Add, variance, like(site, x, site["epsilon"])))
    return results[: len(site.wanted)]


def _rms_normalization(site: Site) -> Tensor:
    """By the root of the mean square of all axes from one on."""
    x = site.tensor(0)
    axes = tuple(range(site.axis(site["axis"], len(x.shape)), len(x.shape)))
    y = site.emit(ops.Normalization, x, axes=axes, epsilon=site["epsilon"], centred=False)
    return scaled(site, y, site.tensor(1), None)


MEAN_VARIANCE_EPSILON = 1e-9
"""Added to the deviation; its square, to the variance, does the same where it matters."""


def _mean_variance_normalization(site: Site) -> Tensor:
    x = site.tensor(0)
    axes = tuple(sorted({site.axis(axis, len(x.shape)) for axis in site["axes"]}))
    return site.emit(ops.Normalization, x, axes=axes, epsilon=MEAN_VARIANCE_EPSILON**2)


SMALLEST_NORM = 1e-30
"""Norms are no smaller, so that zeros stay zeros."""


def _lp_normalization(site: Site) -> Tensor:
    """By the sum of magnitudes or the root of the sum of squares along an axis."""
    x = site.tensor(0)
    axes = (site.axis(site["axis"], len(x.shape)),)
    if site["p"] not in {1, 2}:
        raise RefusedError(f"p is {site['p']}; only 1 and 2 are supported")
    size = site.emit(ops.Abs if site["p"] == 1 else ops.Square, x)
    norm = site.emit(ops.Sum, size, axes=axes, keep_dims=True)
    norm = norm if site["p"] == 1 else site.emit(ops.Sqrt, norm)
    return site.emit(ops.Div, x, site.emit(ops.Maximum, norm, like(site, x, SMALLEST_NORM)))


def _lrn(site: Site) -> Tensor:
    """By the squares of neighbouring channels."""
    x, size = site.tensor(0), site.required("size")
    if len(x.shape) < 2 or size < 1:
        raise RefusedError(f"a window of {size} channels of {x.type_text}")
    fields = {"bias": site["bias"], "alpha": site["alpha"] / size, "beta": site["beta"]}
    window = {"before": (size - 1) // 2, "after": size // 2}
    rank = len(x.shape)
    last = site.emit(ops.Transpose, x, perm=(0, *range(2, rank), 1))
    normal = site.emit(ops.LocalResponseNorm, last, **window, **fields)
    return site.emit(ops.Transpose, normal, perm=(0, rank - 1, *range(1, rank - 1)))


EPSILON = {"epsilon": 1e-5}

RULES: dict[str, Rule] = {
    "GroupNormalization": Rule(
        ops.Normalization,
        _group_normalization,
        (3, 3),
        attributes={**EPSILON, "num_groups": int, "stash_type": 1},
    ),
    "Hardmax": Rule(ops.ArgMax, _over_axis(_hardmax), attributes={"axis": int}),
    "InstanceNormalization": Rule(ops.Normalization, _instance_normalization, (3, 3), attributes=EPSILON),
    "LRN": Rule(ops.LocalResponseNorm, _lrn, attributes={"alpha": 1e-4, "beta": 0.75, "bias": 1.0, "size": int}),
    "LayerNormalization": Rule(
        ops.Normalization, _layer_normalization, (2, 3), (1, 3), {**EPSILON, "axis": -1, "stash_type": 1}
    ),
    "LogSoftmax": Rule(ops.LogSoftmax, _over_axis(_kind(ops.LogSoftmax)), attributes={"axis": int}),
    "LpNormalization": Rule(ops.Div, _lp_normalization, attributes={"axis": -1, "p": 2}),
    "MeanVarianceNormalization": Rule(ops.Normalization, _mean_variance_normalization, attributes={"axes": (0, 2, 3)}),
    "RMSNormalization": Rule(
        ops.Normalization, _rms_normalization, (2, 2), attributes={**EPSILON, "axis": -1, "stash_type": 1}
    ),
    "Softmax": Rule(ops.Softmax, _over_axis(_kind(ops.Softmax)), attributes={"axis": int}),
}
"""By the operator's name in the file."""
