"""Resize and Upsample of ONNX.

Every mode is a linear map along each axis.  Nearest neighbours are a look-up by constant indices, the others a product
with a constant matrix; where the IR's image operators choose the same pixels, they are taken instead.
Semantics: the operator's text, and onnx/reference/ops/op_resize.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.images import from_image, to_image
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import Array, DType, Operator, Tensor, ops
from codegen.reference.float32 import bilinear_axes
from codegen.reference.parameters import resize_nearest

MAX_MATRIX = 1 << 22
FIRST_CHOICE = 11
"""Version from which on the conventions are attributes; before, and in Upsample, onnxruntime's."""
CLOSE = 1e-5
"""Weights of bilinear pixels that differ less are the same: both are rounded to float32 somewhere."""


@dataclass(frozen=True)
class _Axis:
    """One axis: its sizes, scale, and the range of the region of interest (in parts of the input)."""

    length: int
    size: int
    scale: float
    roi: tuple[float, float] = (0.0, 1.0)

    @property
    def changes(self) -> bool:
        """Whether anything happens along it."""
        return self.length != self.size or self.roi != (0.0, 1.0)


def _half_pixel(a: _Axis, i: Array) -> Array:
    return (i + 0.5) / a.scale - 0.5


def _half_pixel_symmetric(a: _Axis, i: Array) -> Array:
    """The part of an output pixel that a rounded size cuts off is shared by both ends."""
    adjustment = a.size / (a.scale * a.length)
    return a.length / 2 * (1 - adjustment) + (i + 0.5) / a.scale - 0.5


def _crop(a: _Axis, i: Array) -> Array:
    start, end = a.roi
    if a.size > 1:
        return start * (a.length - 1) + i * (end - start) * (a.length - 1) / (a.size - 1)
    return 0.5 * (start + end) * (a.length - 1) + 0 * i


POSITIONS: dict[str, Callable[[_Axis, Array], Array]] = {
    "align_corners": lambda a, i: i * (a.length - 1) / (a.size - 1) if a.size > 1 else 0 * i,
    "asymmetric": lambda a, i: i / a.scale,
    "half_pixel": _half_pixel,
    "half_pixel_symmetric": _half_pixel_symmetric,
    "pytorch_half_pixel": lambda a, i: _half_pixel(a, i) if a.size > 1 else 0 * i,
    "tf_crop_and_resize": _crop,
    "tf_half_pixel_for_nn": lambda a, i: (i + 0.5) / a.scale,
}
"""Where in the input each output pixel lies."""

ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda p: np.ceil(p - 0.5),
    "round_prefer_ceil": lambda p: np.floor(p + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _linear(distance: Array) -> Array:
    return np.asarray(np.maximum(1 - np.abs(distance), 0))


def _cubic(distance: Array, a: float) -> Array:
    d = np.abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.asarray(np.where(d <= 1, near, np.where(d < 2, far, 0)))


def _matrix(site: Site, axis: _Axis) -> Array:
    """Weights [size, length] of the input's pixels in each output pixel."""
    if axis.size * axis.length > MAX_MATRIX:
        raise RefusedError(f"an axis of {axis.length} cannot be resized to {axis.size} in this mode")
    position = POSITIONS[_transform(site)](axis, np.arange(axis.size, dtype=np.float64))
    reach = 1 if _mode(site) == "linear" else 2
    stretch = min(axis.scale, 1.0) if site.attributes.get("antialias") else 1.0
    border = math.ceil(reach / stretch) + 1
    low = min(math.floor(position.min()) - border, 0)
    high = max(math.ceil(position.max()) + border, axis.length - 1)
    pixels = np.arange(low, high + 1)
    distance = (position[:, None] - pixels) * stretch
    weights = _linear(distance) if reach == 1 else _cubic(distance, site.attributes.get("cubic_coeff_a", -0.75))
    inside = (pixels >= 0) & (pixels < axis.length)
    if site.attributes.get("exclude_outside") or stretch < 1:
        weights = np.where(inside if site.attributes.get("exclude_outside") else True, weights, 0)
        weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((axis.size, axis.length))
    np.add.at(matrix.T, np.clip(pixels, 0, axis.length - 1), weights.T)
    return matrix.astype(np.float32)


def _mode(site: Site) -> str:
    modes = {"nearest": "nearest", "linear": "linear", "bilinear": "linear", "cubic": "cubic"}
    if site["mode"] not in modes:
        raise RefusedError(f"mode {site['mode']!r} is not supported")
    return modes[site["mode"]]


def _transform(site: Site) -> str:
    if site.opset < FIRST_CHOICE:
        return "asymmetric"
    transform: str = site["coordinate_transformation_mode"]
    if transform not in POSITIONS:
        raise RefusedError(f"coordinate_transformation_mode {transform!r} is not supported")
    return transform


def _nearest_pixels(site: Site, axis: _Axis) -> Array:
    """The input pixel of every output pixel."""
    rounding = site["nearest_mode"] if site.opset >= FIRST_CHOICE else "floor" if axis.scale >= 1 else "ceil"
    if rounding not in ROUNDINGS:
        raise RefusedError(f"nearest_mode {rounding!r} is not supported")
    position = POSITIONS[_transform(site)](axis, np.arange(axis.size, dtype=np.float64))
    return np.clip(ROUNDINGS[rounding](position), 0, axis.length - 1).astype(np.int32)


def _resize(site: Site) -> Tensor:
    """Inputs are x, region of interest, scales, sizes; before version 11 x and scales."""
    x, axes = site.tensor(0), _axes(site)
    if _transform(site) == "tf_crop_and_resize" and any(not 0 <= r <= 1 for a in axes for r in a.roi):
        raise RefusedError("a region of interest outside the image is not supported")
    site.bounded(tuple(a.size for a in axes), x.dtype)
    changed = [i for i, a in enumerate(axes) if a.changes]
    if not changed:
        return x
    if len(x.shape) == 4 and set(changed) <= {2, 3} and (image := _as_image(site, axes)) is not None:
        return image
    for i in changed:
        if _mode(site) == "nearest":
            x = site.emit(ops.Gather, x, site.constant(_nearest_pixels(site, axes[i])), axis=i)
        else:
            x = _multiplied(site, x, i, _matrix(site, axes[i]))
    return x


def _multiplied(site: Site, x: Tensor, axis: int, matrix: Array) -> Tensor:
    """The product along one axis, which is brought to the end for it."""
    if x.dtype is not DType.FLOAT32:
        raise RefusedError(f"{x.type_text} can only be resized by nearest neighbours")
    last = len(x.shape) - 1
    perm = tuple(last if i == axis else axis if i == last else i for i in range(last + 1))
    moved = x if axis == last else site.emit(ops.Transpose, x, perm=perm)
    y = site.emit(ops.FullyConnected, moved, site.constant(matrix, label="weights"), None, keep_dims=True)
    return y if axis == last else site.emit(ops.Transpose, y, perm=perm)


def _axes(site: Site) -> list[_Axis]:
    """Every axis of x, from sizes or scales."""
    x = site.tensor(0)
    rank = len(x.shape)
    old = site.opset < FIRST_CHOICE
    scales_at = 1 if old else 2
    named = [site.axis(a, rank) for a in site.attributes.get("axes") or range(rank)]
    scales = site["scales"] if site.op == "Upsample" and site.optional(1) is None else _numbers(site, scales_at)
    sizes = None if old else _numbers(site, 3)
    roi = None if old or _transform(site) != "tf_crop_and_resize" else _numbers(site, 1)
    given = sizes or scales
    if not given or len(given) != len(named) or (roi and len(roi) != 2 * len(named)) or min(given) <= 0:
        raise RefusedError(f"scales {list(scales or ())} or sizes {list(sizes or ())} do not fit {x.type_text}")
    if sizes:
        factors = _kept_aspect(site, [s / x.shape[a] for a, s in zip(named, sizes, strict=True)])
        wanted = dict(zip(named, _rounded(site, x, named, sizes, factors), strict=True))
        factor = dict(zip(named, factors, strict=True))
    else:
        factor = dict(zip(named, map(float, scales or ()), strict=True))
        wanted = {a: math.floor(x.shape[a] * factor[a] + 1e-6) for a in named}
    regions = {a: (roi[i], roi[i + len(named)]) if roi else (0.0, 1.0) for i, a in enumerate(named)}
    return [_Axis(d, wanted.get(i, d), factor.get(i, 1.0), regions.get(i, (0.0, 1.0))) for i, d in enumerate(x.shape)]


def _kept_aspect(site: Site, factors: list[float]) -> list[float]:
    policies = {
        "stretch": factors,
        "not_larger": [min(factors)] * len(factors),
        "not_smaller": [max(factors)] * len(factors),
    }
    policy = site.attributes.get("keep_aspect_ratio_policy", "stretch")
    if policy not in policies:
        raise RefusedError(f"keep_aspect_ratio_policy {policy!r} is not supported")
    return policies[policy]


def _rounded(site: Site, x: Tensor, axes: list[int], sizes: list[float], factors: list[float]) -> list[int]:
    if site.attributes.get("keep_aspect_ratio_policy", "stretch") == "stretch":
        return [int(s) for s in sizes]
    return [math.floor(x.shape[a] * f + 0.5) for a, f in zip(axes, factors, strict=True)]


def _numbers(site: Site, index: int) -> list[float] | None:
    """A vector of parameters; None when it is left out or empty."""
    if site.optional(index) is None:
        return None
    return [float(v) for v in site.value(index).reshape(-1)] or None


def _as_image(site: Site, axes: list[_Axis]) -> Tensor | None:
    """Rows and columns resized by the IR's operator, if one of its conventions gives the same pixels."""
    same = {"nearest": (ops.ResizeNearest, _same_nearest), "linear": (ops.ResizeBilinear, _same_bilinear)}
    if _mode(site) not in same or site.tensor(0).dtype is not DType.FLOAT32:
        return None
    kind, is_same = same[_mode(site)]
    for corners, centers in ((False, False), (True, False), (False, True)):
        x = site.tensor(0)
        n, c, h, w = x.shape
        fields: dict[str, Any] = {
            "size": (axes[2].size, axes[3].size),
            "align_corners": corners,
            "half_pixel_centers": centers,
        }
        trial = kind(inputs=[Tensor("x", (n, h, w, c), x.dtype)], outputs=[Tensor("y", (), x.dtype)], **fields)
        if is_same(site, trial, axes):
            return from_image(site, site.emit(kind, to_image(site, x), **fields), 4)
    return None


def _same_nearest(site: Site, op: Operator, axes: list[_Axis]) -> bool:
    assert isinstance(op, ops.ResizeNearest)
    found = resize_nearest(op)
    return all(
        np.array_equal(pixels, _nearest_pixels(site, axes[i])) for i, pixels in ((2, found.rows), (3, found.columns))
    )


def _same_bilinear(site: Site, op: Operator, axes: list[_Axis]) -> bool:
    assert isinstance(op, ops.ResizeBilinear)
    for axis, (lower, upper, weight) in zip(axes[2:], bilinear_axes(op), strict=True):
        matrix = np.zeros((axis.size, axis.length))
        np.add.at(matrix, (np.arange(axis.size), lower), 1 - weight)
        np.add.at(matrix, (np.arange(axis.size), upper), weight)
        if np.abs(matrix - _matrix(site, axis)).max() > CLOSE:
            return False
    return True


RESIZE = {
    "mode": "nearest",
    "coordinate_transformation_mode": "half_pixel",
    "nearest_mode": "round_prefer_floor",
    "cubic_coeff_a": -0.75,
    "exclude_outside": 0,
    "extrapolation_value": 0.0,
    "keep_aspect_ratio_policy": "stretch",
    "antialias": 0,
    "axes": tuple,
}

RULES: dict[str, Rule] = {
    "Resize": Rule(ops.ResizeBilinear, _resize, (1, 4), attributes=RESIZE),
    "Upsample": Rule(ops.ResizeNearest, _resize, (1, 2), attributes={"mode": "nearest", "scales": tuple}),
}
"""By the operator's name in the file."""
