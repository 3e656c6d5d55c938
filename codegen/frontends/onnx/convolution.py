"""Convolutions and transposed convolutions of ONNX."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.images import WINDOW, Window, from_image, resolved_pads, to_image, window
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import Array, DType, Tensor, ops


def _conv(site: Site) -> Tensor:
    x, weights = site.tensor(0), site.known(1)
    fits = len(weights.shape) == len(x.shape) > 2 and weights.shape[1] * site["group"] == x.shape[1]
    if not fits or weights.shape[0] % max(site["group"], 1):
        raise RefusedError(f"weights {weights.type_text} in {site['group']} groups do not fit {x.type_text}")
    image = to_image(site, x)
    w = window(site, x.shape[2:], weights.shape[2:])
    y = convolved(site, image, _kernel(site, weights), site["group"], w)
    return from_image(site, _biased(site, y), len(x.shape))


def _kernel(site: Site, weights: Tensor) -> Tensor:
    """[O, C, L] or [O, C, H, W] as [O, KH, KW, C]."""
    rank = len(weights.shape)
    moved = site.emit(ops.Transpose, weights, perm=(0, *range(2, rank), 1))
    return moved if rank == 4 else reshaped(site, moved, (moved.shape[0], 1, *moved.shape[1:]))


def convolved(site: Site, image: Tensor, kernel: Tensor, groups: int, w: Window) -> Tensor:
    """A convolution of an image with weights [O, KH, KW, C / groups]; one input channel per group is depthwise."""
    bias = site.optional(2) if _constant_bias(site) else None
    fields = {**w.fields(), "dilation": w.dilation}
    depth = kernel.shape[3]
    if depth > 1 or groups == 1:
        return site.emit(ops.Conv2D, image, kernel, bias, **fields)
    turned = site.emit(ops.Transpose, kernel, perm=(3, 1, 2, 0))
    return site.emit(ops.DepthwiseConv2D, image, turned, bias, **fields)


def _constant_bias(site: Site) -> bool:
    bias = site.optional(2)
    return bias is None or bias.is_constant


def _biased(site: Site, y: Tensor) -> Tensor:
    """The bias added, where it is not a constant that the convolution adds."""
    return y if _constant_bias(site) else site.emit(ops.Add, y, site.tensor(2))


@dataclass(frozen=True)
class _Spread:
    """One axis of a transposed convolution: input i times tap k lands at i * stride + k * dilation - pad < size."""

    length: int
    kernel: int
    stride: int
    dilation: int
    pad: int
    size: int


def _conv_transpose(site: Site) -> Tensor:
    """With stride 1 a convolution; else ours, or, in groups, one convolution per phase of the output."""
    x, weights, groups = site.tensor(0), site.known(1), site["group"]
    fits = len(weights.shape) == len(x.shape) > 2 and weights.shape[0] == x.shape[1]
    if not fits or groups < 1 or x.shape[1] % groups:
        raise RefusedError(f"weights {weights.type_text} in {groups} groups do not fit {x.type_text}")
    image = to_image(site, x)
    axes = _spreads(site, x.shape[2:], weights.shape[2:])
    if groups > 1 or all(a.stride == 1 for a in axes):
        y = _by_phases(site, image, _grouped(weights.value, groups), axes)
    else:
        y = _whole(site, image, weights, axes)
    return from_image(site, _biased(site, y), len(x.shape))


def _spreads(site: Site, spatial: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[_Spread, _Spread]:
    """Both axes; a sequence has a first one of 1."""
    count = len(spatial)
    strides, dilations = (site[name] or (1,) * count for name in ("strides", "dilations"))
    more = site["output_padding"] or (0,) * count
    wanted = site["output_shape"]
    lengths = {
        len(strides),
        len(dilations),
        len(more),
        len(kernel),
        count if wanted is None else min(len(wanted), count),
    }
    if lengths != {count} or min(*strides, *dilations) < 1 or min(more) < 0:
        raise RefusedError(f"strides {list(strides)}, dilations {list(dilations)} do not fit {count} spatial axes")
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    full = [(n - 1) * s + span + m for n, s, span, m in zip(spatial, strides, spans, more, strict=True)]
    if wanted is not None:
        sizes = list(wanted[-count:])
        totals = [f - size for f, size in zip(full, sizes, strict=True)]
        before = [max(t // 2 if site["auto_pad"] == "SAME_UPPER" else t - t // 2, 0) for t in totals]
    elif site["auto_pad"] in {"SAME_UPPER", "SAME_LOWER"}:
        sizes = [n * s for n, s in zip(spatial, strides, strict=True)]
        totals = [max(f - size, 0) for f, size in zip(full, sizes, strict=True)]
        before = [t // 2 if site["auto_pad"] == "SAME_UPPER" else t - t // 2 for t in totals]
    else:
        pads = resolved_pads(site, spatial, spans, strides)
        before = [pad[0] for pad in pads]
        sizes = [f - sum(pad) for f, pad in zip(full, pads, strict=True)]
    site.bounded((*spatial, *sizes), DType.FLOAT32)
    if min(sizes) < 1 or min(before) < 0:
        raise RefusedError(f"its output {sizes} with padding {before} before it is not supported")
    axes = zip(spatial, kernel, strides, dilations, before, sizes, strict=True)
    spreads = [_Spread(1, 1, 1, 1, 0, 1), *(_Spread(*axis) for axis in axes)]
    return spreads[-2], spreads[-1]


def _whole(site: Site, image: Tensor, weights: Tensor, axes: tuple[_Spread, _Spread]) -> Tensor:
    """As the IR's operator; a dilated kernel gets zeros between its taps."""
    rank = len(weights.shape)
    moved = site.emit(ops.Transpose, weights, perm=(1, *range(2, rank), 0))
    kernel = moved if rank == 4 else reshaped(site, moved, (moved.shape[0], 1, *moved.shape[1:]))
    if any(a.dilation > 1 for a in axes):
        (h, dy), (w, dx) = ((a.kernel, a.dilation) for a in axes)
        outputs, *_, depth = kernel.shape
        loose = site.emit(ops.Reshape, kernel, shape=(outputs, h, 1, w, 1, depth))
        pads = ((0, 0), (0, 0), (0, dy - 1), (0, 0), (0, dx - 1), (0, 0))
        spread = site.emit(ops.Pad, loose, pads=pads, value=0.0)
        kernel = site.emit(ops.Reshape, spread, shape=(outputs, h * dy, w * dx, depth))
    fields: dict[str, Any] = {"size": tuple(a.size for a in axes), "stride": tuple(a.stride for a in axes)}
    bias = site.optional(2) if _constant_bias(site) else None
    return site.emit(ops.TransposeConv, image, kernel, bias, pad=tuple(a.pad for a in axes), **fields)


def _grouped(weights: Array, groups: int) -> Array:
    """[C, O / groups, ...] as [O, KH, KW, C / groups]."""
    kernel = weights if weights.ndim == 4 else weights[:, :, np.newaxis]
    c, per_group, h, w = kernel.shape
    split = kernel.reshape(groups, c // groups, per_group, h, w).transpose(0, 2, 3, 4, 1)
    return np.asarray(split.reshape(groups * per_group, h, w, c // groups))


@dataclass(frozen=True)
class _Phase:
    """Outputs q * stride + r, for q below `count`, of one axis: a convolution with some of the taps, last one first."""

    taps: list[int]
    step: int
    pads: tuple[int, int]
    cut: int

    @classmethod
    def of(cls, axis: _Spread, r: int, count: int) -> _Phase:
        """Tap k meets input q - (k * dilation - r) / stride, where that is a whole number."""
        taps = [k for k in range(axis.kernel) if (k * axis.dilation - r) % axis.stride == 0]
        ahead = [(k * axis.dilation - r) // axis.stride for k in taps] or [0]
        step = axis.dilation // math.gcd(axis.dilation, axis.stride)
        after = count - axis.length - ahead[0]
        return cls(taps[::-1], step, (ahead[-1], max(after, 0)), max(-after, 0))


def _by_phases(site: Site, image: Tensor, kernel: Array, axes: tuple[_Spread, _Spread]) -> Tensor:
    """A convolution for each residue of the output's rows and columns, interleaved and cut to size."""
    counts = [-(-(a.pad + a.size) // a.stride) for a in axes]
    rows = []
    for r in range(axes[0].stride):
        phases = [(_Phase.of(axes[0], r, counts[0]), _Phase.of(axes[1], c, counts[1])) for c in range(axes[1].stride)]
        rows.append(_interleaved(site, [_phase(site, image, kernel, *pair) for pair in phases], 2))
    y = _interleaved(site, rows, 1)
    begin, size = (0, *(a.pad for a in axes), 0), (y.shape[0], *(a.size for a in axes), y.shape[3])
    return y if size == y.shape else site.emit(ops.Slice, y, begin=begin, size=size, strides=(1, 1, 1, 1))


def _phase(site: Site, image: Tensor, kernel: Array, rows: _Phase, columns: _Phase) -> Tensor:
    part = kernel[:, rows.taps][:, :, columns.taps]
    if part.size == 0:  # nothing lands here: one tap of zero stands for none
        taps = (max(len(rows.taps), 1), max(len(columns.taps), 1))
        part = np.zeros((kernel.shape[0], *taps, kernel.shape[3]), kernel.dtype)
    n, h, w, c = image.shape
    if rows.cut or columns.cut:
        size = (n, h - rows.cut, w - columns.cut, c)
        image = site.emit(ops.Slice, image, begin=(0, 0, 0, 0), size=size, strides=(1, 1, 1, 1))
    w2 = Window(part.shape[1:3], (1, 1), (rows.step, columns.step), (rows.pads, columns.pads))
    return convolved(site, image, site.constant(part, label="phase"), c // kernel.shape[3], w2)


def _interleaved(site: Site, parts: list[Tensor], axis: int) -> Tensor:
    """Element i of the result's axis is element i // n of part i % n, of n."""
    if len(parts) == 1:
        return parts[0]
    shape, behind = parts[0].shape, axis + 1
    loose = [site.emit(ops.Reshape, p, shape=(*shape[:behind], 1, *shape[behind:])) for p in parts]
    joined = site.emit(ops.Concat, *loose, axis=behind)
    return site.emit(ops.Reshape, joined, shape=(*shape[:axis], shape[axis] * len(parts), *shape[behind:]))


RULES: dict[str, Rule] = {
    "Conv": Rule(ops.Conv2D, _conv, (2, 3), attributes={**WINDOW, "group": 1}),
    "ConvTranspose": Rule(
        ops.TransposeConv,
        _conv_transpose,
        (2, 3),
        attributes={**WINDOW, "group": 1, "output_padding": tuple, "output_shape": tuple},
    ),
}
"""By the operator's name in the file."""
