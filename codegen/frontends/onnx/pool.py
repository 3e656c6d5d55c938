"""Pooling of ONNX."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.images import WINDOW, Window, from_image, to_image, window
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import DType, Operator, Tensor, ops

LOWEST = float(np.finfo(np.float32).min)


def _in_float(site: Site, pool: Callable[[Tensor], Tensor]) -> Tensor:
    """Plain 8-bit numbers go through float32, which holds them all."""
    x = site.tensor(0)
    if x.quant is None and x.dtype in {DType.INT8, DType.UINT8}:
        return site.emit(ops.Cast, pool(site.emit(ops.Cast, x, dtype=DType.FLOAT32)), dtype=x.dtype)
    return pool(x)


def _kernel(site: Site, x: Tensor) -> tuple[int, ...]:
    kernel: tuple[int, ...] = site.required("kernel_shape")
    if len(kernel) != len(x.shape) - 2 or min(kernel, default=0) < 1:
        raise RefusedError(f"kernel {list(kernel)} does not fit {x.type_text}")
    return kernel


def _max_pool(site: Site) -> Tensor:
    def pool(x: Tensor) -> Tensor:
        image, w = to_image(site, x), window(site, x.shape[2:], _kernel(site, x))
        if w.dilation == (1, 1):
            y = site.emit(ops.MaxPool2D, image, kernel=w.kernel, **w.fields())
        else:
            y = _by_taps(site, image, w, ops.Maximum, LOWEST)
        return from_image(site, y, len(x.shape))

    if site["storage_order"] and len(site.wanted) > 1:
        raise RefusedError("column-major indices are not supported")
    return _in_float(site, pool)


def _average_pool(site: Site) -> Tensor:
    def pool(x: Tensor) -> Tensor:
        image, w = to_image(site, x), window(site, x.shape[2:], _kernel(site, x))
        return from_image(site, averaged(site, image, w, padding_counts=bool(site["count_include_pad"])), len(x.shape))

    return _in_float(site, pool)


def averaged(site: Site, image: Tensor, w: Window, *, padding_counts: bool) -> Tensor:
    """Means of windows; padding counts as zeros or not at all, what `ceil_mode` adds never counts."""
    if padding_counts and any(map(any, w.pads)):
        image = site.emit(ops.Pad, image, pads=((0, 0), *w.pads, (0, 0)), value=0.0)
        w = Window(w.kernel, w.stride, w.dilation, ((0, 0), (0, 0)), w.extra)
    if w.dilation == (1, 1):
        return site.emit(ops.AveragePool2D, image, kernel=w.kernel, **w.fields())
    ones = site.constant(np.ones((1, *image.shape[1:3], 1), np.float32), label="ones")
    sums = _by_taps(site, image, w, ops.Add, 0.0)
    return site.emit(ops.Div, sums, _by_taps(site, ones, w, ops.Add, 0.0))


def _by_taps(site: Site, image: Tensor, w: Window, combine: type[Operator], border: float) -> Tensor:
    """A dilated window: rows, then columns, tap by tap, as slices of the padded image."""
    fields = w.fields()
    pads = ((0, 0), fields["pad_h"], fields["pad_w"], (0, 0))
    result = site.emit(ops.Pad, image, pads=pads, value=border) if any(map(any, pads)) else image
    for axis, (kernel, stride, dilation) in enumerate(zip(w.kernel, w.stride, w.dilation, strict=True), 1):
        shape = result.shape
        count = (shape[axis] - (kernel - 1) * dilation - 1) // stride + 1
        if count < 1:
            raise RefusedError(f"a window of {kernel} with dilation {dilation} does not fit {shape[axis]} elements")
        size = (*shape[:axis], count, *shape[axis + 1 :])
        strides = tuple(stride if i == axis else 1 for i in range(4))
        source, taps = result, []
        for k in range(kernel):
            begin = tuple(k * dilation if i == axis else 0 for i in range(4))
            taps.append(site.emit(ops.Slice, source, begin=begin, size=size, strides=strides))
        result = taps[0]
        for tap in taps[1:]:
            result = site.emit(combine, result, tap)
    return result


def _global(site: Site, kind: type[Operator]) -> Tensor:
    """Over all spatial axes, which stay as 1."""
    x = site.tensor(0)
    if len(x.shape) < 3:
        raise RefusedError(f"{x.type_text} has no spatial axes")
    return site.emit(kind, x, axes=tuple(range(2, len(x.shape))), keep_dims=True)


POOL = {**WINDOW, "ceil_mode": 0}

RULES: dict[str, Rule] = {
    "AveragePool": Rule(ops.AveragePool2D, _average_pool, attributes={**POOL, "count_include_pad": 0}),
    "GlobalAveragePool": Rule(ops.Mean, partial(_global, kind=ops.Mean)),
    "GlobalMaxPool": Rule(ops.ReduceMax, partial(_global, kind=ops.ReduceMax)),
    "MaxPool": Rule(ops.MaxPool2D, _max_pool, outputs=(1, 2), attributes={**POOL, "storage_order": 0}),
}
"""By the operator's name in the file."""
