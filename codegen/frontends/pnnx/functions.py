"""Functions of PyTorch: element by element, reductions, and what names, reorders or selects elements."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from onnx import TensorProto

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule
from codegen.frontends.onnx.terms import kind_of, one, onnx, scalar, vector
from codegen.frontends.pnnx.operator import Call, Meaning, rule
from codegen.ir import Tensor, ops

LARGEST = float(np.finfo(np.float32).max)


def _to(op: str, **attributes: tuple[str, float]) -> Meaning:
    """One ONNX operator; its attributes take the values of parameters, or defaults."""

    def meaning(call: Call) -> Tensor:
        given = {name: float(call.get(parameter, default)) for name, (parameter, default) in attributes.items()}
        return one(call.site, op, call.x, **given)

    return meaning


def _clamp(low: str, high: str, ends: tuple[float, float]) -> Meaning:
    def meaning(call: Call) -> Tensor:
        bounds = (float(call.get(name, end)) for name, end in zip((low, high), ends, strict=True))
        return one(call.site, "Clip", call.x, *(scalar(call.site, bound) for bound in bounds))

    return meaning


def _gelu(call: Call) -> Tensor:
    return one(call.site, "Gelu", call.x, approximate=str(call.get("approximate", "none")))


def _hardsigmoid(call: Call) -> Tensor:
    return one(call.site, "HardSigmoid", call.x, alpha=1 / 6, beta=0.5)


def _silu(call: Call) -> Tensor:
    return one(call.site, "Mul", call.x, one(call.site, "Sigmoid", call.x))


def _softplus(call: Call) -> Tensor:
    if float(call.get("beta", 1)) != 1.0:
        raise RefusedError("its beta is not 1")
    return one(call.site, "Softplus", call.x)


def _softmax(op: str) -> Meaning:
    return lambda call: one(call.site, op, call.x, axis=call.axis("dim", -1))


def _glu(call: Call) -> Tensor:
    a, b = onnx(call.site, "Split", call.x, outputs=2, axis=call.axis("dim", -1), num_outputs=2)
    return one(call.site, "Mul", a, one(call.site, "Sigmoid", b))


def _same(call: Call) -> Tensor:
    return call.x


def _reduce(op: str) -> Meaning:
    def meaning(call: Call) -> Tensor:
        axes = vector(call.site, call.axes())
        return one(call.site, op, call.x, axes, keepdims=int(bool(call.get("keepdim", False))))

    return meaning


def _norm(call: Call) -> Tensor:
    op = {2: "ReduceL2", 1: "ReduceL1"}.get(call.get("p", call.get("ord", 2)))
    if op is None:
        raise RefusedError("only norms of 1 and 2 are supported")
    norm: Tensor = _reduce(op)(call)
    return norm


def _normalize(call: Call) -> Tensor:
    if call.get("p", 2) != 2:
        raise RefusedError("only norms of 2 are supported")
    norm = one(call.site, "ReduceL2", call.x, vector(call.site, (call.axis("dim", 1),)))
    return one(call.site, "Div", call.x, one(call.site, "Max", norm, scalar(call.site, float(call.get("eps", 1e-12)))))


def _arg(op: str) -> Meaning:
    def meaning(call: Call) -> Tensor:
        x = call.x
        if call.get("dim") is None:
            return one(call.site, op, reshaped(call.site, x, (x.size,)), axis=0, keepdims=0)
        return one(call.site, op, x, axis=call.axis(), keepdims=int(bool(call.get("keepdim", False))))

    return meaning


def _reshape(call: Call) -> Tensor:
    x, wanted = call.x, call.get("shape")
    if wanted is None and len(call.operands) == 2:
        other = call.operands[1]
        if not other.is_constant:
            raise RefusedError("its shape is computed at run time")
        wanted = tuple(int(v) for v in other.value.reshape(-1))
    if not isinstance(wanted, tuple):
        raise RefusedError("it has no shape")
    sizes = [int(v) for v in wanted]
    if sizes.count(-1) == 1:
        known = math.prod(size for size in sizes if size != -1)
        sizes[sizes.index(-1)] = x.size // max(known, 1)
    return reshaped(call.site, x, tuple(sizes))


def _flatten(call: Call) -> Tensor:
    x = call.x
    first, last = call.axis("start_dim", 1 if call.site.op == "nn.Flatten" else 0), call.axis("end_dim", -1)
    return reshaped(call.site, x, (*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def _unflatten(call: Call) -> Tensor:
    x, axis = call.x, call.axis()
    sizes = call.get("sizes", call.get("unflattened_size"))
    sizes = list(sizes if isinstance(sizes, tuple) else (sizes,))
    if -1 in sizes:
        sizes[sizes.index(-1)] = x.shape[axis] // max(-math.prod(sizes), 1)
    return reshaped(call.site, x, (*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


def _permute(call: Call) -> Tensor:
    return one(call.site, "Transpose", call.x, perm=tuple(call.axes("dims")))


def _transpose(call: Call) -> Tensor:
    x = call.x
    perm = list(range(len(x.shape)))
    a, b = call.axis("dim0", 0), call.axis("dim1", 1)
    perm[a], perm[b] = perm[b], perm[a]
    return one(call.site, "Transpose", x, perm=tuple(perm))


def _squeeze(call: Call) -> Tensor:
    x = call.x
    gone = set(call.axes())
    return reshaped(call.site, x, tuple(d for i, d in enumerate(x.shape) if i not in gone or d != 1))


def _unsqueeze(call: Call) -> Tensor:
    x = call.x
    axis = call.site.axis(int(call.get("dim", 0)), len(x.shape) + 1)
    return reshaped(call.site, x, (*x.shape[:axis], 1, *x.shape[axis:]))


def _cat(call: Call) -> Tensor:
    return one(call.site, "Concat", *call.operands, axis=call.axis("dim", 0))


def _stack(call: Call) -> Tensor:
    axis = call.site.axis(int(call.get("dim", 0)), len(call.x.shape) + 1)
    parts = [reshaped(call.site, t, (*t.shape[:axis], 1, *t.shape[axis:])) for t in call.operands]
    return one(call.site, "Concat", *parts, axis=axis)


def _split(call: Call) -> list[Tensor]:
    """By sizes, by a size, or into a number of chunks."""
    x, axis, count = call.x, call.axis("dim", 0), len(call.site.wanted)
    size = x.shape[axis]
    step: Any
    if call.site.op == "torch.chunk":
        step = -(-size // int(call.get("chunks", count)))
    else:
        step = call.get("split_size_or_sections", call.get("split_size", call.get("split_sizes")))
    if not isinstance(step, tuple):
        step = tuple(min(int(step), size - at) for at in range(0, size, max(int(step), 1)))
    return onnx(call.site, "Split", x, vector(call.site, step), outputs=count, axis=axis)


def _tensor_split(call: Call) -> list[Tensor]:
    x, axis, count = call.x, call.axis("dim", 0), len(call.site.wanted)
    size, marks = x.shape[axis], call.get("indices")
    if marks is None:
        marks = tuple(-(-size * i // count) for i in range(1, count))
    given = marks if isinstance(marks, tuple) else (marks,)
    sizes = [b - a for a, b in pairwise([0, *(m + size if m < 0 else m for m in given), size])]
    return onnx(call.site, "Split", x, vector(call.site, sizes), outputs=count, axis=axis)


def _unbind(call: Call) -> list[Tensor]:
    x, axis, count = call.x, call.axis("dim", 0), len(call.site.wanted)
    parts = onnx(call.site, "Split", x, outputs=count, axis=axis, num_outputs=count)
    return [reshaped(call.site, t, (*t.shape[:axis], *t.shape[axis + 1 :])) for t in parts]


def _select(call: Call) -> Tensor:
    index = call.get("index")
    if not isinstance(index, int):
        raise RefusedError("its index is computed at run time")
    return one(call.site, "Gather", call.x, call.site.constant(np.int64(index)), axis=call.axis())


def _slice(call: Call) -> Tensor:
    """Along one axis, or along several when PNNX has joined slices."""
    site, x = call.site, call.x
    if "dims" in site["values"]:
        axes, starts, ends, steps = (call.get(name, ()) for name in ("dims", "starts", "ends", "steps"))
        if call.get("selects") is not None and any(v != 2147483647 for v in call.get("selects")):
            raise RefusedError("it selects as well as it slices")
    else:
        axes, starts, ends, steps = (
            (call.get(n, d),) for n, d in (("dim", 0), ("start", 0), ("end", 1 << 31), ("step", 1))
        )
    axes = [site.axis(int(a), len(x.shape)) for a in axes]
    ends = [1 << 31 if e is None else e for e in ends]
    starts = [0 if s is None else s for s in starts]
    return one(site, "Slice", x, *(vector(site, v) for v in (starts, ends, axes, steps)))


def _expand(call: Call) -> Tensor:
    x, wanted = call.x, call.get("sizes", call.get("shape"))
    if not isinstance(wanted, tuple):
        raise RefusedError("its shape is computed at run time")
    kept = (1,) * (len(wanted) - len(x.shape)) + x.shape
    return one(
        call.site, "Expand", x, vector(call.site, [k if w == -1 else w for w, k in zip(wanted, kept, strict=True)])
    )


def _repeat(call: Call) -> Tensor:
    x, times = call.x, call.get("sizes", call.get("dims"))
    if not isinstance(times, tuple):
        raise RefusedError("its repeats are computed at run time")
    grown = reshaped(call.site, x, (*[1] * (len(times) - len(x.shape)), *x.shape))
    return one(call.site, "Tile", grown, vector(call.site, times))


def _flip(call: Call) -> Tensor:
    axes = call.axes("dims")
    ends = [-(1 << 31)] * len(axes)
    values = ([-1] * len(axes), ends, axes, [-1] * len(axes))
    return one(call.site, "Slice", call.x, *(vector(call.site, v) for v in values))


def _pad(mode: str = "") -> Meaning:
    """PyTorch lists the sides of the last axis first."""

    def meaning(call: Call) -> Tensor:
        x, sides = call.x, call.get("pad", call.get("padding", ()))
        sides = sides if isinstance(sides, tuple) else (sides,) * 2 * (len(x.shape) - 2)
        count = len(x.shape) - len(sides) // 2
        before = [0] * count + [int(v) for v in sides[0::2]][::-1]
        behind = [0] * count + [int(v) for v in sides[1::2]][::-1]
        kind = mode or {"replicate": "edge", "circular": "wrap"}.get(call.get("mode", "constant"), call.get("mode"))
        value = scalar(call.site, float(call.get("value", 0))) if kind in {None, "constant"} else None
        return one(call.site, "Pad", x, vector(call.site, [*before, *behind]), value, mode=kind or "constant")

    return meaning


def _pixel_shuffle(call: Call) -> Tensor:
    return one(call.site, "DepthToSpace", call.x, blocksize=int(call.get("upscale_factor", 1)), mode="CRD")


def _pixel_unshuffle(call: Call) -> Tensor:
    """Channels in front of the block's pixels, unlike ONNX's SpaceToDepth."""
    site, x, by = call.site, call.x, int(call.get("downscale_factor", 1))
    n, c, h, w = x.shape
    if by < 1 or h % by or w % by:
        raise RefusedError(f"blocks of {by} do not fit {x.type_text}")
    split = reshaped(site, x, (n * c, h // by, by, w // by, by))
    return reshaped(site, one(site, "Transpose", split, perm=(0, 2, 4, 1, 3)), (n, c * by * by, h // by, w // by))


def _channel_shuffle(call: Call) -> Tensor:
    site, x, groups = call.site, call.x, int(call.get("groups", 1))
    n, c, *rest = x.shape
    if groups < 1 or c % groups:
        raise RefusedError(f"{c} channels do not divide into {groups} groups")
    split = reshaped(site, x, (n, groups, c // groups, math.prod(rest)))
    return reshaped(site, one(site, "Transpose", split, perm=(0, 2, 1, 3)), x.shape)


def _attribute(call: Call) -> Tensor:
    return call.required("data")


def _cast(call: Call) -> Tensor:
    return one(call.site, "Cast", call.x, to=TensorProto.FLOAT)


def _where(call: Call) -> Tensor:
    return one(call.site, "Where", *call.operands)


def _compare(op: str) -> Meaning:
    """With another operand, or a number."""

    def meaning(call: Call) -> Tensor:
        other = call.operand("other", 1)
        return one(
            call.site, op, call.x, other if other is not None else scalar(call.site, float(call.get("other", 0)))
        )

    return meaning


def _cumsum(call: Call) -> Tensor:
    return one(call.site, "CumSum", call.x, call.site.constant(np.int64(call.axis())))


ACTIVATIONS: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    "CELU": ("celu", _to("Celu", alpha=("alpha", 1.0)), ("alpha",)),
    "ELU": ("elu", _to("Elu", alpha=("alpha", 1.0)), ("alpha",)),
    "GELU": ("gelu", _gelu, ("approximate",)),
    "GLU": ("glu", _glu, ("dim",)),
    "Hardshrink": ("hardshrink", _to("Shrink", lambd=("lambd", 0.5)), ("lambd",)),
    "Hardsigmoid": ("hardsigmoid", _hardsigmoid, ()),
    "Hardswish": ("hardswish", _to("HardSwish"), ()),
    "Hardtanh": ("hardtanh", _clamp("min_val", "max_val", (-1.0, 1.0)), ("min_val", "max_val")),
    "LeakyReLU": ("leaky_relu", _to("LeakyRelu", alpha=("negative_slope", 0.01)), ("negative_slope",)),
    "LogSigmoid": (
        "logsigmoid",
        lambda call: one(call.site, "Log", one(call.site, "Sigmoid", call.x)),
        (),
    ),
    "LogSoftmax": ("log_softmax", _softmax("LogSoftmax"), ("dim",)),
    "Mish": ("mish", _to("Mish"), ()),
    "ReLU": ("relu", _to("Relu"), ()),
    "ReLU6": ("relu6", _clamp("low", "high", (0.0, 6.0)), ()),
    "SELU": ("selu", _to("Selu"), ()),
    "SiLU": ("silu", _silu, ()),
    "Sigmoid": ("sigmoid", _to("Sigmoid"), ()),
    "Softmax": ("softmax", _softmax("Softmax"), ("dim", "_stacklevel")),
    "Softplus": ("softplus", _softplus, ("beta", "threshold")),
    "Softsign": ("softsign", _to("Softsign"), ()),
    "Tanh": ("tanh", _to("Tanh"), ()),
}
"""Modules, with the function of the same meaning."""

KINDS = {
    module: kind_of(op)
    for module, op in {
        **{name: name for name in ("LogSoftmax", "Mish", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh")},
        "CELU": "Celu",
        "ELU": "Elu",
        "GELU": "Gelu",
        "Hardshrink": "Shrink",
        "Hardsigmoid": "HardSigmoid",
        "Hardswish": "HardSwish",
        "Hardtanh": "Clip",
        "LeakyReLU": "LeakyRelu",
        "LogSigmoid": "Log",
        "ReLU": "Relu",
        "ReLU6": "Clip",
        "SELU": "Selu",
    }.items()
}
"""The IR operator of an activation, where it is one."""

CLAMP = ("min", "max")
REDUCED = ("dim", "keepdim")
PADDED = ("pad", "padding", "mode", "value")

RULES: dict[str, Rule] = {
    **{
        f"nn.{name}": rule(KINDS.get(name, ops.Mul), meaning, *known)
        for name, (_, meaning, known) in ACTIVATIONS.items()
    },
    **{
        f"F.{name}": rule(KINDS.get(module, ops.Mul), meaning, *known)
        for module, (name, meaning, known) in ACTIVATIONS.items()
    },
    **{
        f"torch.{name}": rule(kind_of(op), _reduce(op), *REDUCED)
        for name, op in {
            "amax": "ReduceMax",
            "amin": "ReduceMin",
            "logsumexp": "ReduceLogSumExp",
            "mean": "ReduceMean",
            "prod": "ReduceProd",
            "sum": "ReduceSum",
        }.items()
    },
    **{
        f"torch.{name}": rule(kind_of(op), _compare(op), "other")
        for name, op in {
            "eq": "Equal",
            "ge": "GreaterOrEqual",
            "gt": "Greater",
            "le": "LessOrEqual",
            "lt": "Less",
        }.items()
    },
    **{name: rule(ops.Reshape, _same, "p") for name in ("nn.Identity", "nn.Dropout", "F.dropout", "nn.Dropout2d")},
    **{
        name: rule(ops.Reshape, _same) for name in ("Tensor.contiguous", "Tensor.clone", "torch.clone", "Tensor.detach")
    },
    **{name: rule(ops.Reshape, _reshape, "shape") for name in ("Tensor.view", "Tensor.reshape", "torch.reshape")},
    **{name: rule(ops.Transpose, _permute, "dims") for name in ("Tensor.permute", "torch.permute")},
    **{name: rule(ops.Reshape, _flatten, "start_dim", "end_dim") for name in ("torch.flatten", "nn.Flatten")},
    **{name: rule(ops.Reshape, _squeeze, "dim") for name in ("torch.squeeze", "Tensor.squeeze")},
    **{name: rule(ops.Reshape, _unsqueeze, "dim") for name in ("torch.unsqueeze", "Tensor.unsqueeze")},
    **{name: rule(ops.BroadcastTo, _repeat, "sizes", "dims") for name in ("Tensor.repeat", "torch.tile")},
    **{name: rule(ops.Transpose, _pixel_shuffle, "upscale_factor") for name in ("nn.PixelShuffle", "F.pixel_shuffle")},
    **{
        name: rule(ops.Transpose, _pixel_unshuffle, "downscale_factor")
        for name in ("nn.PixelUnshuffle", "F.pixel_unshuffle")
    },
    **{name: rule(ops.Transpose, _channel_shuffle, "groups") for name in ("nn.ChannelShuffle", "F.channel_shuffle")},
    **{f"nn.ZeroPad{d}d": rule(ops.Pad, _pad("constant"), *PADDED) for d in (1, 2)},
    **{f"nn.ConstantPad{d}d": rule(ops.Pad, _pad("constant"), *PADDED) for d in (1, 2)},
    **{f"nn.ReflectionPad{d}d": rule(ops.Pad, _pad("reflect"), *PADDED) for d in (1, 2)},
    **{f"nn.ReplicationPad{d}d": rule(ops.Pad, _pad("edge"), *PADDED) for d in (1, 2)},
    "F.normalize": rule(ops.Div, _normalize, "p", "dim", "eps"),
    "F.pad": rule(ops.Pad, _pad(), *PADDED),
    "Tensor.expand": rule(ops.BroadcastTo, _expand, "sizes", "shape", "implicit"),
    "Tensor.select": rule(ops.Gather, _select, "dim", "index"),
    "Tensor.slice": rule(
        ops.Slice, _slice, "dim", "start", "end", "step", "dims", "starts", "ends", "steps", "selects"
    ),
    "Tensor.to": rule(ops.Cast, _cast),
    "pnnx.Attribute": rule(ops.Reshape, _attribute),
    "torch.argmax": rule(ops.ArgMax, _arg("ArgMax"), *REDUCED),
    "torch.argmin": rule(ops.ArgMin, _arg("ArgMin"), *REDUCED),
    "torch.cat": rule(ops.Concat, _cat, "dim"),
    "torch.chunk": rule(ops.Split, _split, "dim", "chunks"),
    "torch.clamp": rule(kind_of("Clip"), _clamp("min", "max", (-LARGEST, LARGEST)), *CLAMP),
    "torch.cumsum": rule(ops.CumSum, _cumsum, "dim"),
    "torch.flip": rule(ops.Slice, _flip, "dims"),
    "torch.norm": rule(kind_of("ReduceL2"), _norm, "p", "ord", *REDUCED),
    "torch.split": rule(ops.Split, _split, "dim", "split_size_or_sections", "split_size", "split_sizes"),
    "torch.stack": rule(ops.Concat, _stack, "dim"),
    "torch.t": rule(ops.Transpose, _transpose),
    "torch.tensor_split": rule(ops.Split, _tensor_split, "dim", "indices", "sections"),
    "torch.transpose": rule(ops.Transpose, _transpose, "dim0", "dim1"),
    "torch.unbind": rule(ops.Split, _unbind, "dim"),
    "torch.unflatten": rule(ops.Reshape, _unflatten, "dim", "sizes", "unflattened_size"),
    "torch.where": rule(ops.Select, _where),
}
"""By the operator's type."""
