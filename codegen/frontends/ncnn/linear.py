"""Convolutions and matrix products of NCNN."""

from __future__ import annotations

import math

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.ncnn.layer import activated, blob, blobs, dequantized, rank, required, rule, shaped, weight
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.terms import one, scalar, vector
from codegen.ir import Array, Tensor, ops

SAME_UPPER, SAME_LOWER = -233, -234


def axes(site: Site, count: int, name: str) -> tuple[int, ...]:
    """A parameter of the window along the last `count` axes: rows and columns, or columns alone."""
    return tuple(int(site[f"{name}_{axis}"]) for axis in "hw"[2 - count :])


def pads(site: Site, count: int) -> list[int]:
    """Before all axes, then behind."""
    sides = [("top", "bottom"), ("left", "right")][2 - count :]
    return [int(site[f"pad_{side[end]}"]) for end in (0, 1) for side in sides]


def _convolution(site: Site) -> Tensor:
    if site["dynamic_weight"]:
        raise RefusedError("its weights are computed at run time")
    x, count = blob(site), 1 if site.op.endswith("1D") else 2
    if rank(site) != count + 1:
        raise RefusedError(f"its input {x.type_text} has not {count + 1} axes")
    outputs, groups, kernel = site["num_output"], site["group"], axes(site, count, "kernel")
    raw = required(site, "weight")
    depth = raw.size // max(outputs * math.prod(kernel), 1)
    weights = shaped(raw, (outputs, depth, *kernel), "weights")
    weights, x = dequantized(site, weights, weight(site, "weight_scales"), x)
    x, mode, sides = _padded(site, x, count)
    y = one(
        site,
        "Conv",
        x,
        site.constant(np.ascontiguousarray(weights), label="weights"),
        _bias(site, outputs),
        group=groups,
        strides=axes(site, count, "stride"),
        dilations=axes(site, count, "dilation"),
        auto_pad=mode,
        pads=sides,
    )
    return activated(site, y)


def _padded(site: Site, x: Tensor, count: int) -> tuple[Tensor, str | None, tuple[int, ...] | None]:
    """The input, ONNX's name of its padding, or its pads; a border that is not zero is added in front."""
    sides = pads(site, count)
    for number, name in ((SAME_UPPER, "SAME_UPPER"), (SAME_LOWER, "SAME_LOWER")):
        if number in sides:
            return x, name, None
    if min(sides) < 0:
        raise RefusedError(f"its padding {sides} is not known")
    if site["pad_value"] == 0.0 or not any(sides):
        return x, None, tuple(sides)
    around = [0, 0, *sides[:count], 0, 0, *sides[count:]]
    return one(site, "Pad", x, vector(site, around), scalar(site, site["pad_value"])), None, None


def _bias(site: Site, outputs: int) -> Tensor | None:
    bias = weight(site, "bias")
    return None if bias is None else site.constant(shaped(bias, (outputs,), "biases"), label="bias")


def _deconvolution(site: Site) -> Tensor:
    """Weights [O, I, KH, KW] where ONNX has [I, O, KH, KW], group by group."""
    if site["dynamic_weight"]:
        raise RefusedError("its weights are computed at run time")
    x, count = blob(site), 1 if site.op.endswith("1D") else 2
    if rank(site) != count + 1:
        raise RefusedError(f"its input {x.type_text} has not {count + 1} axes")
    outputs, groups, kernel = site["num_output"], max(site["group"], 1), axes(site, count, "kernel")
    raw = required(site, "weight")
    depth = raw.size // max(outputs // groups * math.prod(kernel) * groups, 1)
    weights = shaped(raw, (groups, outputs // groups, depth, *kernel), "weights")
    turned = np.ascontiguousarray(weights.swapaxes(1, 2)).reshape(groups * depth, outputs // groups, *kernel)
    more = [int(site[name]) for name in ("output_pad_bottom", "output_pad_right") if name in site.attributes]
    sides = pads(site, count)
    mode = {SAME_UPPER: "SAME_UPPER", SAME_LOWER: "SAME_LOWER"}.get(sides[0])
    wanted = [int(site[name]) for name in ("output_h", "output_w") if name in site.attributes]
    y = one(
        site,
        "ConvTranspose",
        x,
        site.constant(turned, label="weights"),
        _bias(site, outputs),
        group=groups,
        strides=axes(site, count, "stride"),
        dilations=axes(site, count, "dilation"),
        output_padding=tuple(more[-count:]),
        auto_pad=mode,
        pads=None if mode else tuple(sides),
        output_shape=tuple(wanted[-count:]) if all(wanted) else None,
    )
    return activated(site, y)


def _inner_product(site: Site) -> Tensor:
    """Of every row of a matrix whose width fits, else of the whole blob."""
    x, outputs = blob(site), site["num_output"]
    raw = required(site, "weight")
    depth = raw.size // max(outputs, 1)
    weights = shaped(raw, (outputs, depth), "weights")
    by_row = rank(site) == 2 and x.shape[2] == depth
    flat = x if by_row else reshaped(site, x, (1, x.size))
    weights, flat = dequantized(site, weights, weight(site, "weight_scales"), flat)
    rows = reshaped(site, flat, (flat.size // max(flat.shape[-1], 1), flat.shape[-1]))
    bias = _bias(site, outputs)
    y = one(site, "Gemm", rows, site.constant(weights, label="weights"), bias, transB=1)
    return activated(site, reshaped(site, y, (*flat.shape[:-1], outputs)))


def _mat_mul(site: Site) -> Tensor:
    a, b = blobs(site)
    if site["transB"]:
        order = list(range(len(b.shape)))
        b = site.emit(ops.Transpose, b, perm=(*order[:-2], order[-1], order[-2]))
    return one(site, "MatMul", a, b)


def _gemm(site: Site) -> Tensor:
    """A product plus C times beta, all times alpha; any of the three may be a constant."""
    if site["quantize_term"]:
        raise RefusedError("its weights are int8")
    given = iter(blobs(site))
    m, n, k = site["constantM"], site["constantN"], site["constantK"]
    a = _operand(site, "a", (k, m) if site["transA"] else (m, k)) or next(given, None)
    b = _operand(site, "b", (n, k) if site["transB"] else (k, n)) or next(given, None)
    if a is None or b is None:
        raise RefusedError("it has too few inputs")
    c = _addend(site, (m, n)) if site["constantC"] else next(given, None)
    batched = [t for t in (a, b) if not t.is_constant]
    shape = batched[0].shape[:-2] if batched else ()
    a, b = (reshaped(site, t, t.shape[-2:]) for t in (a, b))
    if c is not None and not c.is_constant:
        c = reshaped(site, c, c.shape[1:])
    y = one(
        site,
        "Gemm",
        a,
        b,
        c,
        transA=int(site["transA"]),
        transB=int(site["transB"]),
        alpha=site["alpha"],
        beta=site["alpha"] * site["beta"],
    )
    if site["output_transpose"]:
        y = site.emit(ops.Transpose, y, perm=(1, 0))
    return reshaped(site, y, (*shape, *y.shape))


def _operand(site: Site, name: str, shape: tuple[int, int]) -> Tensor | None:
    array = weight(site, name)
    return None if array is None else site.constant(shaped(array, shape, f"values of {name.upper()}"), label=name)


def _addend(site: Site, size: tuple[int, int]) -> Tensor | None:
    array: Array | None = weight(site, "c")
    if array is None:
        return None
    m, n = size
    shape = {0: (1,), 1: (m, 1), 2: (m, 1), 3: (m, n), 4: (1, n)}[site["broadcast_c"]]
    return site.constant(shaped(array, shape, "values of C"), label="c")


def _embed(site: Site) -> Tensor:
    x, outputs = blob(site), site["num_output"]
    table = shaped(required(site, "weight"), (site["input_dim"], outputs), "weights")
    bias = weight(site, "bias")
    if bias is not None:
        table = table + shaped(bias, (outputs,), "biases")
    words = one(site, "Cast", x, to=6)
    return one(site, "Gather", site.constant(table.astype(np.float32), label="table"), words, axis=0)


RULES: dict[str, Rule] = {
    "Convolution": rule("Convolution", ops.Conv2D, _convolution),
    "Convolution1D": rule("Convolution1D", ops.Conv2D, _convolution),
    "ConvolutionDepthWise": rule("ConvolutionDepthWise", ops.DepthwiseConv2D, _convolution),
    "ConvolutionDepthWise1D": rule("ConvolutionDepthWise1D", ops.DepthwiseConv2D, _convolution),
    "Deconvolution": rule("Deconvolution", ops.TransposeConv, _deconvolution),
    "Deconvolution1D": rule("Deconvolution1D", ops.TransposeConv, _deconvolution),
    "DeconvolutionDepthWise": rule("DeconvolutionDepthWise", ops.TransposeConv, _deconvolution),
    "DeconvolutionDepthWise1D": rule("DeconvolutionDepthWise1D", ops.TransposeConv, _deconvolution),
    "Embed": rule("Embed", ops.Gather, _embed),
    "Gemm": rule("Gemm", ops.FullyConnected, _gemm),
    "InnerProduct": rule("InnerProduct", ops.FullyConnected, _inner_product),
    "MatMul": rule("MatMul", ops.BatchMatMul, _mat_mul),
}
"""By the layer's type."""
