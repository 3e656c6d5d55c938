"""Layers of NCNN that name, reorder or select elements.  Axes count without the batch, which is 1."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from onnx import TensorProto

from codegen.frontends.findings import RefusedError
from codegen.frontends.ncnn.layer import axis_of, blob, blobs, rank, required, rule, shaped
from codegen.frontends.ncnn.schema import ABSENT
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import ANY_NUMBER, Rule, Site
from codegen.frontends.onnx.terms import one, onnx, scalar, vector
from codegen.ir import Tensor, ops

ORDERS = {
    1: ["w"],
    2: ["wh", "hw"],
    3: ["whc", "hwc", "wch", "cwh", "hcw", "chw"],
    4: [
        "whdc",
        "hwdc",
        "wdhc",
        "dwhc",
        "hdwc",
        "dhwc",
        "whcd",
        "hwcd",
        "wchd",
        "cwhd",
        "hcwd",
        "chwd",
        "wdch",
        "dwch",
        "wcdh",
        "cwdh",
        "dcwh",
        "cdwh",
        "hdcw",
        "dhcw",
        "hcdw",
        "chdw",
        "dchw",
        "cdhw",
    ],
}
"""Axes of the result from the innermost, in terms of the input's, by the rank and order_type."""
AXES = {1: "w", 2: "hw", 3: "chw", 4: "cdhw"}
"""Names of the axes, outermost first."""


def _batch(site: Site) -> Tensor:
    """A blob as the user sees it, in a batch of one."""
    x = site.tensor(0)
    if x.dtype.value != "float32":
        x = one(site, "Cast", x, to=TensorProto.FLOAT)
    return reshaped(site, x, (1, *x.shape))


def _unbatch(site: Site) -> Tensor:
    x = site.tensor(0)
    return reshaped(site, x, x.shape[1:])


def _memory(site: Site) -> Tensor:
    sizes = [int(site[name]) for name in ("c", "d", "h", "w")]
    shape = tuple(size for size in sizes if size > 0) or (1,)
    return site.constant(shaped(required(site, "data"), (1, *shape), "data"), label="data")


def _reshape(site: Site) -> Tensor:
    """0 keeps the axis of that name, -1 takes what is left."""
    x = blob(site)
    if site["permute"] or site["shape_expr"]:
        raise RefusedError("its shape is permuted or computed")
    kept = dict(zip(AXES[rank(site)], x.shape[1:], strict=True))
    names = [name for name in ("c", "d", "h", "w") if site[name] != ABSENT]
    sizes = [kept.get(name, 1) if site[name] == 0 else int(site[name]) for name in names]
    if sizes.count(-1) == 1:
        known = math.prod(size for size in sizes if size != -1)
        sizes[sizes.index(-1)] = x.size // max(known, 1)
    return reshaped(site, x, (1, *sizes))


def _flatten(site: Site) -> Tensor:
    return reshaped(site, blob(site), (1, blob(site).size))


def _permute(site: Site) -> Tensor:
    count, number = rank(site), site["order_type"]
    orders = ORDERS.get(count, [])
    if not 0 <= number < len(orders):
        raise RefusedError(f"its order {number} of {count} axes is not known")
    perm = [0, *(1 + AXES[count].index(name) for name in reversed(orders[number]))]
    return site.emit(ops.Transpose, blob(site), perm=tuple(perm))


def _concat(site: Site) -> Tensor:
    given = blobs(site)
    count = len(given[0].shape) - 1 if given else 0
    return one(site, "Concat", *given, axis=1 + site.axis(site["axis"], count))


def _slice(site: Site) -> list[Tensor]:
    """Sizes, of which -233 share what is left; or the indices where pieces begin."""
    x, axis, count = blob(site), axis_of(site, site["axis"]), len(site.wanted)
    size, given = x.shape[axis], [int(v) for v in site["slices"]]
    if site["indices"]:
        marks = [0, *(i + size if i < 0 else int(i) for i in site["indices"]), size]
        given = [b - a for a, b in pairwise(marks)]
    if len(given) != count:
        raise RefusedError(f"it has {len(given)} pieces for {count} outputs")
    sizes: list[int] = []
    for index, wanted in enumerate(given):
        sizes.append((size - sum(sizes)) // (count - index) if wanted == ABSENT else wanted)
    return onnx(site, "Split", x, vector(site, sizes), outputs=count, axis=axis)


def _crop(site: Site) -> Tensor:
    """Ranges along axes as numpy has them; or offsets and sizes, or the size of a second blob."""
    given, x = blobs(site), blobs(site)[0]
    if site["starts_expr"] or site["ends_expr"]:
        raise RefusedError("its ranges are computed")
    count, sizes = len(x.shape) - 1, x.shape[1:]
    starts, ends = [0] * count, list(sizes)
    if site["starts"]:
        axes = [site.axis(a, count) for a in site["axes"]] or list(range(count))
        for axis, start, end in zip(axes, site["starts"], site["ends"], strict=True):
            starts[axis] = 0 if start == ABSENT else start
            ends[axis] = sizes[axis] if end == ABSENT else end if end > 0 else sizes[axis] + end
    else:
        reference = dict(zip(AXES[count], given[1].shape[1:], strict=True)) if len(given) == 2 else {}
        for axis, name in enumerate(AXES[count]):
            if name == "d":
                continue
            begin, behind, wanted = site[f"{name}offset"], site[f"{name}offset2"], site[f"out{name}"]
            room = sizes[axis] - begin - behind
            length = reference[name] if reference else room if wanted == ABSENT else min(wanted, room)
            starts[axis], ends[axis] = begin, begin + length
    return one(site, "Slice", x, *(vector(site, v) for v in (starts, ends, range(1, count + 1))))


def _padding(site: Site) -> Tensor:
    x, count = blob(site), rank(site)
    if site["per_channel"]:
        raise RefusedError("its border has a value for each channel")
    mode = {0: "constant", 1: "edge", 2: "reflect"}.get(site["type"])
    before = {"w": site["left"], "h": site["top"], "c": site["front"]}
    behind = {"w": site["right"], "h": site["bottom"], "c": site["behind"]}
    if count == 4:
        before["d"], before["c"], behind["d"], behind["c"] = site["front"], 0, site["behind"], 0
    if mode is None:
        raise RefusedError(f"its type {site['type']} is not known")
    sides = [[0, *(side[name] for name in AXES[count])] for side in (before, behind)]
    value = scalar(site, site["value"]) if mode == "constant" else None
    return one(site, "Pad", x, vector(site, [*sides[0], *sides[1]]), value, mode=mode)


def _squeeze(site: Site) -> Tensor:
    x, count = blob(site), rank(site)
    chosen = {site.axis(a, count) for a in site["axes"]}
    chosen |= {i for i, name in enumerate(AXES[count]) if site[name]} if not site["axes"] else set()
    kept = tuple(d for i, d in enumerate(x.shape[1:]) if i not in chosen or d != 1)
    return reshaped(site, x, (1, *(kept or (1,))))


def _expand(site: Site) -> Tensor:
    x, count = blob(site), rank(site)
    total = count + len(site["axes"])
    if not site["axes"]:
        raise RefusedError("it is of an old form without axes")
    new, old = {site.axis(a, total) for a in site["axes"]}, iter(x.shape[1:])
    return reshaped(site, x, (1, *(1 if i in new else next(old) for i in range(total))))


def _tile(site: Site) -> Tensor:
    x, count = blob(site), rank(site)
    repeats = [1] * (count + 1)
    if site["repeats"]:
        given = [int(v) for v in site["repeats"]]
        if len(given) > count:
            x = reshaped(site, x, (1, *[1] * (len(given) - count), *x.shape[1:]))
        repeats = [1] * (len(x.shape) - len(given)) + given
    else:
        repeats[axis_of(site, site["axis"])] = site["tiles"]
    return one(site, "Tile", x, vector(site, repeats))


def _flip(site: Site) -> Tensor:
    x, count = blob(site), rank(site)
    axes = [1 + site.axis(a, count) for a in site["axes"]]
    ends = [-(1 << 31)] * len(axes)
    return one(site, "Slice", x, *(vector(site, v) for v in ([-1] * len(axes), ends, axes, [-1] * len(axes))))


def _shuffle(site: Site) -> Tensor:
    x, (_, c, *rest) = blob(site), blob(site).shape
    group = site["group"] if not site["reverse"] else c // max(site["group"], 1)
    if group < 1 or c % group:
        raise RefusedError(f"{c} channels do not divide into {group} groups")
    split = site.emit(ops.Reshape, x, shape=(1, group, c // group, math.prod(rest)))
    return reshaped(site, site.emit(ops.Transpose, split, perm=(0, 2, 1, 3)), x.shape)


def _pixel_shuffle(site: Site) -> Tensor:
    mode = "DCR" if site["mode"] else "CRD"
    return one(site, "DepthToSpace", blob(site), blocksize=site["upscale_factor"], mode=mode)


def _reorg(site: Site) -> Tensor:
    """Blocks of pixels become channels: [block row, block column] behind the channel, or in front of it (mode 1)."""
    x, stride = blob(site), site["stride"]
    _, c, h, w = x.shape
    if stride < 1 or h % stride or w % stride:
        raise RefusedError(f"blocks of {stride} do not fit {x.type_text}")
    split = site.emit(ops.Reshape, x, shape=(c, h // stride, stride, w // stride, stride))
    perm = (2, 4, 0, 1, 3) if site["mode"] else (0, 2, 4, 1, 3)
    moved = site.emit(ops.Transpose, split, perm=perm)
    return reshaped(site, moved, (1, c * stride * stride, h // stride, w // stride))


def _glu(site: Site) -> Tensor:
    a, b = onnx(site, "Split", blob(site), outputs=2, axis=axis_of(site, site["axis"]), num_outputs=2)
    return one(site, "Mul", a, one(site, "Sigmoid", b))


def _cumulative_sum(site: Site) -> Tensor:
    axis = site.constant(np.int64(axis_of(site, site["axis"])))
    return one(site, "CumSum", blob(site), axis)


RULES: dict[str, Rule] = {
    "Batch": Rule(ops.Reshape, _batch),
    "Concat": rule("Concat", ops.Concat, _concat),
    "Crop": rule("Crop", ops.Slice, _crop),
    "CumulativeSum": rule("CumulativeSum", ops.CumSum, _cumulative_sum),
    "ExpandDims": rule("ExpandDims", ops.Reshape, _expand),
    "Flatten": rule("Flatten", ops.Reshape, _flatten),
    "Flip": rule("Flip", ops.Slice, _flip),
    "GLU": rule("GLU", ops.Mul, _glu),
    "MemoryData": rule("MemoryData", ops.Reshape, _memory),
    "Padding": rule("Padding", ops.Pad, _padding),
    "Permute": rule("Permute", ops.Transpose, _permute),
    "PixelShuffle": rule("PixelShuffle", ops.Transpose, _pixel_shuffle),
    "Reorg": rule("Reorg", ops.Transpose, _reorg),
    "Reshape": rule("Reshape", ops.Reshape, _reshape),
    "ShuffleChannel": rule("ShuffleChannel", ops.Transpose, _shuffle),
    "Slice": rule("Slice", ops.Split, _slice, (1, ANY_NUMBER)),
    "Squeeze": rule("Squeeze", ops.Reshape, _squeeze),
    "Tile": rule("Tile", ops.BroadcastTo, _tile),
    "Unbatch": Rule(ops.Reshape, _unbatch),
}
"""By the layer's type; the first and the last are the borders of a model, where the user sees no batch."""
