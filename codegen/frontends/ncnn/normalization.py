"""Pools, normalisations, reductions and resizing of NCNN."""

from __future__ import annotations

import math

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.ncnn.layer import axis_of, blob, blobs, rank, required, rule, shaped, weight
from codegen.frontends.ncnn.linear import axes, pads
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.terms import one, scalar, vector
from codegen.ir import Tensor, ops

FULL, VALID, SAME_UPPER, SAME_LOWER = range(4)
"""pad_mode of a pool: FULL adds what the last window needs."""

REDUCTIONS = ["Sum", "L1", "SumSquare", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp"]
"""By operation."""


def _pooling(site: Site) -> Tensor:
    x, count = blob(site), 1 if site.op == "Pooling1D" else 2
    if rank(site) != count + 1:
        raise RefusedError(f"its input {x.type_text} has not {count + 1} axes")
    kind = {0: "MaxPool", 1: "AveragePool"}.get(site["pooling_type"])
    if kind is None:
        raise RefusedError(f"its type {site['pooling_type']} is not known")
    if site["global_pooling"]:
        y = one(site, f"Global{kind}", x)
        return reshaped(site, y, (1, y.size))
    if site["adaptive_pooling"]:
        return _adaptive(site, x, kind, count)
    kernel, strides = axes(site, count, "kernel"), axes(site, count, "stride")
    sides = _sides(site, x.shape[2:], kernel, strides)
    # NCNN leaves out of a mean what its parameters call padding: SAME's is not.
    include = kind == "AveragePool" and (
        site["avgpool_count_include_pad"] or site["pad_mode"] in {SAME_UPPER, SAME_LOWER}
    )
    if include and any(sides):
        around = [0, 0, *sides[:count], 0, 0, *sides[count:]]
        x, sides = one(site, "Pad", x, vector(site, around), scalar(site, 0)), [0] * 2 * count
    return one(site, kind, x, kernel_shape=kernel, strides=strides, pads=tuple(sides))


def _sides(site: Site, spatial: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    """Padding before all axes, then behind."""
    count, mode, given = len(spatial), site["pad_mode"], pads(site, len(spatial))
    if min(*kernel, *strides) < 1 or min(given) < 0:
        raise RefusedError(f"its kernel {list(kernel)}, strides {list(strides)}, padding {given} make no sense")
    before, behind = given[:count], given[count:]
    if mode == FULL:
        tails = [-(n + a + b - k) % s for n, a, b, k, s in zip(spatial, before, behind, kernel, strides, strict=True)]
        behind = [b + tail for b, tail in zip(behind, tails, strict=True)]
    elif mode in {SAME_UPPER, SAME_LOWER}:
        totals = [max(k + (n - 1) // s * s - n, 0) for n, k, s in zip(spatial, kernel, strides, strict=True)]
        less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
        before, behind = (less, more) if mode == SAME_UPPER else (more, less)
    elif mode != VALID:
        raise RefusedError(f"its pad_mode {mode} is not known")
    return [*before, *behind]


def _adaptive(site: Site, x: Tensor, kind: str, count: int) -> Tensor:
    """Windows of one size, where the output divides the input."""
    wanted = [site[name] for name in ("out_h", "out_w")[2 - count :]]
    sizes = [n if w == -233 else int(w) for n, w in zip(x.shape[2:], wanted, strict=True)]
    if min(sizes) < 1 or any(n % size for n, size in zip(x.shape[2:], sizes, strict=True)):
        raise RefusedError(f"adaptive pooling of {x.type_text} to {sizes} has windows of different sizes")
    steps = tuple(n // size for n, size in zip(x.shape[2:], sizes, strict=True))
    return one(site, kind, x, kernel_shape=steps, strides=steps)


def _batch_norm(site: Site) -> Tensor:
    names = ("slope", "bias", "mean", "var")
    arrays = [site.constant(required(site, name), label=name) for name in names]
    return one(site, "BatchNormalization", blob(site), *arrays, epsilon=float(site["eps"]))


def _affine(site: Site, size: int) -> list[Tensor]:
    """Factors and addends: those of the file, or ones and zeros."""
    gamma, beta = weight(site, "gamma"), weight(site, "beta")
    gamma = np.ones(size, np.float32) if gamma is None else gamma
    beta = np.zeros(size, np.float32) if beta is None else beta
    return [site.constant(shaped(v, (size,), "values"), label=n) for n, v in (("gamma", gamma), ("beta", beta))]


def _instance_norm(site: Site) -> Tensor:
    x = blob(site)
    return one(site, "InstanceNormalization", x, *_affine(site, x.shape[1]), epsilon=float(site["eps"]))


def _group_norm(site: Site) -> Tensor:
    x = blob(site)
    factors = _affine(site, x.shape[1])
    return one(site, "GroupNormalization", x, *factors, num_groups=site["group"], epsilon=float(site["eps"]))


def _inner(site: Site, x: Tensor) -> tuple[int, ...]:
    """The last axes, as many as make `size` elements."""
    for axis in range(len(x.shape) - 1, 0, -1):
        if math.prod(x.shape[axis:]) == site["size"]:
            return x.shape[axis:]
    raise RefusedError(f"its {site['size']} values do not fit the last axes of {x.type_text}")


def _layer_norm(site: Site) -> Tensor:
    x = blob(site)
    shape = _inner(site, x)
    factors = [reshaped(site, t, shape) for t in _affine(site, math.prod(shape))]
    return one(site, "LayerNormalization", x, *factors, axis=-len(shape), epsilon=float(site["eps"]))


def _rms_norm(site: Site) -> Tensor:
    x = blob(site)
    shape = _inner(site, x)
    last = vector(site, range(len(x.shape) - len(shape), len(x.shape)))
    mean = one(site, "ReduceMean", one(site, "Mul", x, x), last)
    root = one(site, "Sqrt", one(site, "Add", mean, scalar(site, site["eps"])))
    factors = reshaped(site, _affine(site, math.prod(shape))[0], shape)
    return one(site, "Mul", one(site, "Div", x, root), factors)


def _lrn(site: Site) -> Tensor:
    if site["region_type"] != 0:
        raise RefusedError("it normalises within channels")
    numbers = {name: float(site[name]) for name in ("alpha", "beta", "bias")}
    return one(site, "LRN", blob(site), size=site["local_size"], **numbers)


def _normalize(site: Site) -> Tensor:
    """Divided by the root of the sum of squares over channels, pixels or both; times a factor of each channel."""
    x = blob(site)
    over = [1] * bool(site["across_channel"]) + [*range(2, len(x.shape))] * bool(site["across_spatial"])
    total = one(site, "ReduceSum", one(site, "Mul", x, x), vector(site, over)) if over else one(site, "Mul", x, x)
    eps = scalar(site, site["eps"])
    match site["eps_mode"]:
        case 0:
            norm = one(site, "Sqrt", one(site, "Add", total, eps))
        case 1:
            norm = one(site, "Max", one(site, "Sqrt", total), eps)
        case _:
            norm = one(site, "Sqrt", one(site, "Max", total, eps))
    factors = required(site, "scale").reshape(-1, *[1] * (len(x.shape) - 2))
    return one(site, "Mul", one(site, "Div", x, norm), site.constant(factors.astype(np.float32), label="scale"))


def _softmax(site: Site) -> Tensor:
    if not site["fixed"] and site["axis"]:
        raise RefusedError("its axis is of an old form", "Convert the model again with a newer tool.")
    return one(site, "Softmax", blob(site), axis=axis_of(site, site["axis"]))


def _reduction(site: Site) -> Tensor:
    x, number, count = blob(site), site["operation"], rank(site)
    if not 0 <= number < len(REDUCTIONS):
        raise RefusedError(f"its operation {number} is not known")
    if site["axes"] and not site["fixed"]:
        raise RefusedError("its axes are of an old form", "Convert the model again with a newer tool.")
    over = [1 + site.axis(a, count) for a in site["axes"]] or list(range(1, count + 1))
    y = one(site, f"Reduce{REDUCTIONS[number]}", x, vector(site, over), keepdims=int(site["keepdims"]))
    if site["coeff"] != 1.0:
        y = one(site, "Mul", y, scalar(site, site["coeff"]))
    return y if len(y.shape) > 1 else reshaped(site, y, (1, 1))


def _interp(site: Site) -> Tensor:
    """To a given size, that of a second blob, or by factors; a vector is spread."""
    given = blobs(site)
    x = given[0]
    if site["size_expr"] or not 1 <= site["resize_type"] <= 3:
        raise RefusedError("its size is computed, or its method not known")
    count = max(len(x.shape) - 2, 0)
    spatial = x.shape[2:] if count else (1, 1)
    wanted = [site["output_height"], site["output_width"]][-max(count, 1) if count < 2 else 0 :]
    if len(given) == 2:
        wanted = list(given[1].shape[2:]) or wanted
    if not count:
        return one(site, "Expand", reshaped(site, x, (1, x.size, 1, 1)), vector(site, (1, x.size, *wanted)))
    factors = [site["height_scale"], site["width_scale"]][2 - count :]
    sizes = [w or int(n * f) for n, w, f in zip(spatial, wanted[-count:], factors, strict=True)]
    half = "align_corners" if site["align_corner"] else "half_pixel"
    options = {
        1: {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        2: {"mode": "linear", "coordinate_transformation_mode": half},
        3: {"mode": "cubic", "coordinate_transformation_mode": half},
    }[site["resize_type"]]
    return one(site, "Resize", x, None, None, vector(site, (*x.shape[:2], *sizes)), **options)


RULES: dict[str, Rule] = {
    "BatchNorm": rule("BatchNorm", ops.Mul, _batch_norm),
    "GroupNorm": rule("GroupNorm", ops.Mul, _group_norm),
    "InstanceNorm": rule("InstanceNorm", ops.Mul, _instance_norm),
    "Interp": rule("Interp", ops.ResizeBilinear, _interp),
    "LRN": rule("LRN", ops.Div, _lrn),
    "LayerNorm": rule("LayerNorm", ops.Mul, _layer_norm),
    "Normalize": rule("Normalize", ops.Mul, _normalize),
    "Pooling": rule("Pooling", ops.MaxPool2D, _pooling),
    "Pooling1D": rule("Pooling1D", ops.MaxPool2D, _pooling),
    "RMSNorm": rule("RMSNorm", ops.Mul, _rms_norm),
    "Reduction": rule("Reduction", ops.Sum, _reduction),
    "Softmax": rule("Softmax", ops.Softmax, _softmax),
}
"""By the layer's type."""
