"""Modules and functions of PyTorch with weights or windows: convolutions, products, pools, normalisations, resizing."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule
from codegen.frontends.onnx.terms import one, scalar, vector
from codegen.frontends.pnnx.operator import Call, Meaning, rule
from codegen.ir import Tensor, ops

WINDOW = ("kernel_size", "stride", "padding", "dilation")
CONV = (*WINDOW, "in_channels", "out_channels", "groups", "bias", "padding_mode")
PAD_MODES = {"zeros": "constant", "constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _sides(call: Call, spatial: int, kernel: tuple[int, ...]) -> dict[str, Any]:
    """ONNX's padding of a convolution."""
    padding = call.get("padding", 0)
    if padding == "same":
        spans = [(k - 1) * d for k, d in zip(kernel, call.numbers("dilation", spatial, 1), strict=True)]
        return {"pads": (*(s // 2 for s in spans), *(s - s // 2 for s in spans))}
    return {"pads": (0,) * 2 * spatial if padding == "valid" else call.numbers("padding", spatial) * 2}


def _weighted(call: Call, name: str, index: int) -> Tensor | None:
    """An array of a module, or an operand of a function."""
    return call.array(name) if call.array(name) is not None else call.operand(name, index)


def _conv(call: Call) -> Tensor:
    x, weights, bias = call.x, _weighted(call, "weight", 1), _weighted(call, "bias", 2)
    if weights is None:
        raise RefusedError("it has no weights")
    spatial = len(weights.shape) - 2
    pads = _sides(call, spatial, weights.shape[2:])["pads"]
    mode = call.get("padding_mode", "zeros")
    if mode != "zeros" and any(pads):
        around = [0, 0, *pads[:spatial], 0, 0, *pads[spatial:]]
        x, pads = (
            one(call.site, "Pad", x, vector(call.site, around), mode=PAD_MODES.get(mode, mode)),
            (0,) * 2 * spatial,
        )
    batched = len(x.shape) == spatial + 2
    image = x if batched else reshaped(call.site, x, (1, *x.shape))
    y = one(
        call.site,
        "Conv",
        image,
        weights,
        bias,
        group=call.get("groups", 1),
        strides=call.numbers("stride", spatial, 1),
        dilations=call.numbers("dilation", spatial, 1),
        pads=pads,
    )
    return y if batched else reshaped(call.site, y, y.shape[1:])


def _conv_transpose(call: Call) -> Tensor:
    weights, bias = _weighted(call, "weight", 1), _weighted(call, "bias", 2)
    if weights is None:
        raise RefusedError("it has no weights")
    spatial = len(weights.shape) - 2
    return one(
        call.site,
        "ConvTranspose",
        call.x,
        weights,
        bias,
        group=call.get("groups", 1),
        strides=call.numbers("stride", spatial, 1),
        dilations=call.numbers("dilation", spatial, 1),
        pads=call.numbers("padding", spatial) * 2,
        output_padding=call.numbers("output_padding", spatial),
    )


def _linear(call: Call) -> Tensor:
    weights, bias = _weighted(call, "weight", 1), _weighted(call, "bias", 2)
    if weights is None or len(weights.shape) != 2:
        raise RefusedError("it has no weights [out, in]")
    x = call.x
    flat = reshaped(call.site, x, (x.size // x.shape[-1], x.shape[-1]))
    y = one(call.site, "Gemm", flat, weights, bias, transB=1)
    return reshaped(call.site, y, (*x.shape[:-1], weights.shape[0]))


def _addmm(call: Call) -> Tensor:
    c, a, b = (call.operand(role, i) for i, role in enumerate(("input", "mat1", "mat2")))
    numbers = {name: float(call.get(name, 1)) for name in ("alpha", "beta")}
    return one(call.site, "Gemm", a, b, c, **numbers)


def _matmul(call: Call) -> Tensor:
    a, b = call.x, call.operand("mat2" if "mat2" in call.site["roles"] else "other", 1)
    return one(call.site, "MatMul", a, b)


def _pool(kind: str, spatial: int) -> Meaning:
    def pool(call: Call) -> Tensor:
        kernel = call.numbers("kernel_size", spatial)
        if call.get("return_indices") or call.get("divisor_override") is not None:
            raise RefusedError("its indices or its divisor are not supported")
        fields: dict[str, Any] = {
            "kernel_shape": kernel,
            "strides": call.numbers("stride", spatial) if call.get("stride") else kernel,
            "pads": call.numbers("padding", spatial) * 2,
            "ceil_mode": int(call.get("ceil_mode", False)),
        }
        if kind == "MaxPool":
            fields["dilations"] = call.numbers("dilation", spatial, 1)
        else:
            fields["count_include_pad"] = int(call.get("count_include_pad", True))
        return one(call.site, kind, call.x, **fields)

    return pool


def _adaptive(kind: str, spatial: int) -> Meaning:
    def pool(call: Call) -> Tensor:
        if call.get("return_indices"):
            raise RefusedError("its indices are not supported")
        x, wanted = call.x, call.get("output_size", 1)
        given = wanted if isinstance(wanted, tuple) else (wanted,) * spatial
        sizes = [n if w is None else int(w) for n, w in zip(x.shape[-spatial:], given, strict=True)]
        if min(sizes) < 1 or any(n % size for n, size in zip(x.shape[-spatial:], sizes, strict=True)):
            raise RefusedError(f"adaptive pooling of {x.type_text} to {sizes} has windows of different sizes")
        steps = tuple(n // size for n, size in zip(x.shape[-spatial:], sizes, strict=True))
        return one(call.site, kind, x, kernel_shape=steps, strides=steps)

    return pool


def _affine(call: Call, size: int, *, ones: bool) -> Tensor:
    name = "weight" if ones else "bias"
    found = _weighted(call, name, 1 if ones else 2)
    filled = np.ones(size, np.float32) if ones else np.zeros(size, np.float32)
    return found if found is not None else call.site.constant(filled, label=name)


def _batch_norm(call: Call) -> Tensor:
    x = call.x
    mean, var = _weighted(call, "running_mean", 1), _weighted(call, "running_var", 2)
    if mean is None or var is None:
        raise RefusedError("it has no running statistics")
    factors = [call.array("weight") or call.operand("weight", 3), call.array("bias") or call.operand("bias", 4)]
    ends = [np.ones, np.zeros]
    scale, bias = (
        f if f is not None else call.site.constant(make(x.shape[1], np.float32))
        for f, make in zip(factors, ends, strict=True)
    )
    return one(call.site, "BatchNormalization", x, scale, bias, mean, var, epsilon=float(call.get("eps", 1e-5)))


def _instance_norm(call: Call) -> Tensor:
    x = call.x
    factors = [_affine(call, x.shape[1], ones=ones) for ones in (True, False)]
    return one(call.site, "InstanceNormalization", x, *factors, epsilon=float(call.get("eps", 1e-5)))


def _group_norm(call: Call) -> Tensor:
    x = call.x
    factors = [_affine(call, x.shape[1], ones=ones) for ones in (True, False)]
    eps, groups = float(call.get("eps", 1e-5)), int(call.get("num_groups", 1))
    return one(call.site, "GroupNormalization", x, *factors, num_groups=groups, epsilon=eps)


def _layer_norm(call: Call) -> Tensor:
    x, shape = call.x, call.get("normalized_shape", (call.x.shape[-1],))
    shape = shape if isinstance(shape, tuple) else (shape,)
    scale, bias = _weighted(call, "weight", 1), _weighted(call, "bias", 2)
    scale = call.site.constant(np.ones(shape, np.float32)) if scale is None else scale
    eps = float(call.get("eps", 1e-5))
    return one(call.site, "LayerNormalization", x, scale, bias, axis=-len(shape), epsilon=eps)


def _rms_norm(call: Call) -> Tensor:
    site, x, shape = call.site, call.x, call.get("normalized_shape", (call.x.shape[-1],))
    count = len(shape) if isinstance(shape, tuple) else 1
    last = vector(site, range(len(x.shape) - count, len(x.shape)))
    mean = one(site, "ReduceMean", one(site, "Mul", x, x), last)
    root = one(site, "Sqrt", one(site, "Add", mean, scalar(site, float(call.get("eps", 1e-6)))))
    y, scale = one(site, "Div", x, root), _weighted(call, "weight", 1)
    return y if scale is None else one(site, "Mul", y, scale)


def _prelu(call: Call) -> Tensor:
    x, slope = call.x, _weighted(call, "weight", 1)
    if slope is None:
        raise RefusedError("it has no slope")
    shape = (slope.size, *[1] * (len(x.shape) - 2)) if slope.size > 1 else (1,)
    return one(call.site, "PRelu", x, reshaped(call.site, slope, shape))


def _embedding(call: Call) -> Tensor:
    table, words = call.array("weight") or call.operand("weight", 1), call.x
    return one(call.site, "Gather", table, one(call.site, "Cast", words, to=TensorProto.INT64), axis=0)


MODES = {"nearest": "nearest", "bilinear": "linear", "linear": "linear", "bicubic": "cubic"}


def _resize(default: str) -> Meaning:
    def resize(call: Call) -> Tensor:
        x, mode = call.x, call.get("mode", default)
        spatial = len(x.shape) - 2
        if mode not in MODES or call.get("antialias"):
            raise RefusedError(f"its mode {mode} is not supported")
        size, factor = call.get("size"), call.get("scale_factor")
        if size is None:
            factors = factor if isinstance(factor, tuple) else (factor,) * spatial
            size = tuple(int(n * f) for n, f in zip(x.shape[2:], factors, strict=True))
        size = size if isinstance(size, tuple) else (size,) * spatial
        where = "align_corners" if call.get("align_corners", default not in {"nearest", "any"}) else "half_pixel"
        options: dict[str, Any] = {"mode": MODES[mode], "coordinate_transformation_mode": where}
        if mode == "nearest":
            options |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        elif mode == "bicubic":
            options["cubic_coeff_a"] = -0.75
        return one(call.site, "Resize", x, None, None, vector(call.site, (*x.shape[:2], *size)), **options)

    return resize


RESIZE = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
POOL = (*WINDOW, "ceil_mode", "return_indices", "count_include_pad", "divisor_override")
NORM = ("eps", "affine", "momentum", "num_features", "track_running_stats", "use_input_stats")
DIMS = (1, 2)

RULES: dict[str, Rule] = {
    "F.batch_norm": rule(ops.Mul, _batch_norm, *NORM),
    "F.embedding": rule(ops.Gather, _embedding, "padding_idx", "scale_grad_by_freq", "sparse"),
    "F.group_norm": rule(ops.Mul, _group_norm, "num_groups", "eps"),
    "F.instance_norm": rule(ops.Mul, _instance_norm, *NORM),
    "F.interpolate": rule(ops.ResizeBilinear, _resize("any"), *RESIZE),
    "F.layer_norm": rule(ops.Mul, _layer_norm, "normalized_shape", "eps"),
    "F.linear": rule(ops.FullyConnected, _linear),
    "F.prelu": rule(ops.PRelu, _prelu),
    "F.rms_norm": rule(ops.Mul, _rms_norm, "normalized_shape", "eps"),
    "F.upsample": rule(ops.ResizeBilinear, _resize("any"), *RESIZE),
    "F.upsample_bilinear": rule(ops.ResizeBilinear, _resize("bilinear"), *RESIZE),
    "F.upsample_nearest": rule(ops.ResizeBilinear, _resize("nearest"), *RESIZE),
    "nn.Embedding": rule(ops.Gather, _embedding, "num_embeddings", "embedding_dim", "padding_idx", "sparse"),
    "nn.GroupNorm": rule(ops.Mul, _group_norm, "num_groups", "num_channels", "eps", "affine"),
    "nn.LayerNorm": rule(ops.Mul, _layer_norm, "normalized_shape", "eps", "elementwise_affine", "bias"),
    "nn.Linear": rule(ops.FullyConnected, _linear, "in_features", "out_features", "bias"),
    "nn.PReLU": rule(ops.PRelu, _prelu, "num_parameters"),
    "nn.RMSNorm": rule(ops.Mul, _rms_norm, "normalized_shape", "eps", "elementwise_affine"),
    "nn.Upsample": rule(ops.ResizeBilinear, _resize("any"), *RESIZE),
    "nn.UpsamplingBilinear2d": rule(ops.ResizeBilinear, _resize("bilinear"), *RESIZE),
    "nn.UpsamplingNearest2d": rule(ops.ResizeBilinear, _resize("nearest"), *RESIZE),
    "torch.addmm": rule(ops.FullyConnected, _addmm, "alpha", "beta"),
    "torch.bmm": rule(ops.BatchMatMul, _matmul),
    "torch.matmul": rule(ops.BatchMatMul, _matmul),
    "torch.mm": rule(ops.BatchMatMul, _matmul),
    **{f"nn.Conv{d}d": rule(ops.Conv2D, _conv, *CONV) for d in DIMS},
    **{f"F.conv{d}d": rule(ops.Conv2D, _conv, *CONV) for d in DIMS},
    **{f"nn.ConvTranspose{d}d": rule(ops.TransposeConv, _conv_transpose, *CONV, "output_padding") for d in DIMS},
    **{f"F.conv_transpose{d}d": rule(ops.TransposeConv, _conv_transpose, *CONV, "output_padding") for d in DIMS},
    **{f"nn.BatchNorm{d}d": rule(ops.Mul, _batch_norm, *NORM) for d in DIMS},
    **{f"nn.InstanceNorm{d}d": rule(ops.Mul, _instance_norm, *NORM) for d in DIMS},
    **{f"nn.MaxPool{d}d": rule(ops.MaxPool2D, _pool("MaxPool", d), *POOL) for d in DIMS},
    **{f"F.max_pool{d}d": rule(ops.MaxPool2D, _pool("MaxPool", d), *POOL) for d in DIMS},
    **{f"nn.AvgPool{d}d": rule(ops.AveragePool2D, _pool("AveragePool", d), *POOL) for d in DIMS},
    **{f"F.avg_pool{d}d": rule(ops.AveragePool2D, _pool("AveragePool", d), *POOL) for d in DIMS},
    **{f"nn.AdaptiveAvgPool{d}d": rule(ops.AveragePool2D, _adaptive("AveragePool", d), "output_size") for d in DIMS},
    **{f"F.adaptive_avg_pool{d}d": rule(ops.AveragePool2D, _adaptive("AveragePool", d), "output_size") for d in DIMS},
    **{
        f"nn.AdaptiveMaxPool{d}d": rule(ops.MaxPool2D, _adaptive("MaxPool", d), "output_size", "return_indices")
        for d in DIMS
    },
    **{
        f"F.adaptive_max_pool{d}d": rule(ops.MaxPool2D, _adaptive("MaxPool", d), "output_size", "return_indices")
        for d in DIMS
    },
}
"""By the operator's type."""
