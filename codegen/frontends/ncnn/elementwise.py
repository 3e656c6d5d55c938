"""Layers of NCNN that compute element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.ncnn.layer import blob, blobs, rank, required, rule, shaped, weight
from codegen.frontends.ncnn.schema import ABSENT
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.terms import kind_of, one, scalar
from codegen.ir import Array, Tensor, ops

UNARY = dict(
    enumerate(
        [
            "Abs",
            "Neg",
            "Floor",
            "Ceil",
            "Square",
            "Sqrt",
            "Rsqrt",
            "Exp",
            "Log",
            "Sin",
            "Cos",
            "Tan",
            "Asin",
            "Acos",
            "Atan",
            "Reciprocal",
            "Tanh",
            "Log10",
            "Round",
            "Trunc",
            "Sign",
            "Expm1",
            "Sinh",
            "Asinh",
            "Cosh",
            "Acosh",
            "Atanh",
            "Log1p",
        ]
    )
)
"""By op_type."""

BINARY = {0: "Add", 1: "Sub", 2: "Mul", 3: "Div", 4: "Max", 5: "Min", 6: "Pow"}
EXCHANGED = {7: "Sub", 8: "Div", 9: "Pow"}
"""By op_type; those whose second operand comes first."""


def _to(op: str, **attributes: str) -> Callable[[Site], Tensor]:
    """One ONNX operator; its attributes take the values of parameters."""

    def convert(site: Site) -> Tensor:
        return one(site, op, blob(site), **{name: site[parameter] for name, parameter in attributes.items()})

    return convert


def _unary(site: Site) -> Tensor:
    number, x = site["op_type"], blob(site)
    if number not in UNARY:
        raise RefusedError(f"its operation {number} is not known")
    name = UNARY[number]
    return COMPOSED[name](site, x) if name in COMPOSED else one(site, name, x)


COMPOSED: dict[str, Callable[[Site, Tensor], Tensor]] = {
    "Square": lambda site, x: one(site, "Mul", x, x),
    "Rsqrt": lambda site, x: one(site, "Reciprocal", one(site, "Sqrt", x)),
    "Log10": lambda site, x: one(site, "Mul", one(site, "Log", x), scalar(site, 1 / math.log(10))),
    "Trunc": lambda site, x: one(site, "Mul", one(site, "Sign", x), one(site, "Floor", one(site, "Abs", x))),
    "Expm1": lambda site, x: one(site, "Sub", one(site, "Exp", x), scalar(site, 1)),
    "Log1p": lambda site, x: one(site, "Log", one(site, "Add", x, scalar(site, 1))),
}
"""What ONNX has no operator for."""


def _binary(site: Site) -> Tensor:
    """Two blobs, or a blob and a number; the blob of fewer axes has its last ones added, as NCNN does."""
    number, given = site["op_type"], blobs(site)
    if number not in BINARY and number not in EXCHANGED:
        raise RefusedError(f"its operation {number} is not supported")
    if len(given) != (1 if site["with_scalar"] else 2):
        raise RefusedError(f"it has {len(given)} inputs")
    a, b = (given[0], scalar(site, site["b"])) if site["with_scalar"] else _aligned(site, *given)
    return one(site, BINARY[number], a, b) if number in BINARY else one(site, EXCHANGED[number], b, a)


def _aligned(site: Site, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if len(a.shape) < len(b.shape):
        return _grown(site, a, b), b
    return a, _grown(site, b, a)


def _grown(site: Site, small: Tensor, large: Tensor) -> Tensor:
    """A vector goes along the first axis when it has its length, else along the last; more axes are the first ones."""
    missing = len(large.shape) - len(small.shape)
    if missing == 0:
        return small
    first = len(small.shape) > 2 or small.shape[1] == large.shape[1]
    shape = (*small.shape, *[1] * missing) if first else (1, *[1] * missing, small.shape[1])
    return reshaped(site, small, shape)


def _eltwise(site: Site) -> Tensor:
    given, numbers = blobs(site), [float(v) for v in site["coeffs"]]
    name = {0: "Mul", 1: "Add", 2: "Max"}.get(site["op_type"])
    if name is None or not given or (numbers and (name != "Add" or len(numbers) != len(given))):
        raise RefusedError(f"its operation {site['op_type']} with {len(numbers)} coefficients is not known")
    if numbers:
        given = [
            t if factor == 1.0 else one(site, "Mul", t, scalar(site, factor))
            for t, factor in zip(given, numbers, strict=True)
        ]
    result = given[0]
    for other in given[1:]:
        result = one(site, name, result, other)
    return result


def along_channels(site: Site, values: Array, axes: int) -> Tensor:
    """A constant for each index of the first axis."""
    return site.constant(shaped(values, (values.size, *[1] * (axes - 1)), "values").astype(np.float32))


def _scaled(site: Site) -> Tensor:
    """Times a scale, plus a bias, along the first axis; the scale may be the second blob."""
    given, axes = blobs(site), len(blobs(site)[0].shape) - 1
    x = given[0]
    if site["size"] == ABSENT:
        if len(given) != 2:
            raise RefusedError("its scale is missing")
        factor = reshaped(site, given[1], (1, given[1].size, *[1] * (axes - 1)))
    else:
        factor = along_channels(site, required(site, "scale"), axes)
    y = one(site, "Mul", x, factor)
    bias = weight(site, "bias")
    return y if bias is None else one(site, "Add", y, along_channels(site, bias, axes))


def _bias(site: Site) -> Tensor:
    return one(site, "Add", blob(site), along_channels(site, required(site, "bias"), rank(site)))


def _relu(site: Site) -> Tensor:
    return one(site, "LeakyRelu", blob(site), alpha=site["slope"]) if site["slope"] else one(site, "Relu", blob(site))


def _clip(site: Site) -> Tensor:
    return one(site, "Clip", blob(site), scalar(site, site["min"]), scalar(site, site["max"]))


def _prelu(site: Site) -> Tensor:
    slope = required(site, "slope")
    axes = rank(site) if slope.size > 1 else 1
    return one(site, "PRelu", blob(site), along_channels(site, slope, axes))


def _power(site: Site) -> Tensor:
    y = _affine(site, blob(site))
    return y if site["power"] == 1.0 else one(site, "Pow", y, scalar(site, site["power"]))


def _affine(site: Site, x: Tensor) -> Tensor:
    """Times the scale, plus the shift."""
    y = x if site["scale"] == 1.0 else one(site, "Mul", x, scalar(site, site["scale"]))
    return y if site["shift"] == 0.0 else one(site, "Add", y, scalar(site, site["shift"]))


def _exp(site: Site) -> Tensor:
    y = _affine(site, blob(site))
    if site["base"] != -1.0:
        y = one(site, "Mul", y, scalar(site, math.log(site["base"])))
    return one(site, "Exp", y)


def _log(site: Site) -> Tensor:
    y = one(site, "Log", _affine(site, blob(site)))
    return y if site["base"] == -1.0 else one(site, "Mul", y, scalar(site, 1 / math.log(site["base"])))


def _hard_swish(site: Site) -> Tensor:
    x = blob(site)
    return one(site, "Mul", x, one(site, "HardSigmoid", x, alpha=site["alpha"], beta=site["beta"]))


def _swish(site: Site) -> Tensor:
    return one(site, "Mul", blob(site), one(site, "Sigmoid", blob(site)))


def _threshold(site: Site) -> Tensor:
    over = one(site, "Greater", blob(site), scalar(site, site["threshold"]))
    return one(site, "Cast", over, to=1)


def _dropout(site: Site) -> Tensor:
    return blob(site) if site["scale"] == 1.0 else one(site, "Mul", blob(site), scalar(site, site["scale"]))


def _gelu(site: Site) -> Tensor:
    return one(site, "Gelu", blob(site), approximate="tanh" if site["fast"] else "none")


def _same(site: Site) -> Tensor:
    return blob(site)


def _many(site: Site) -> list[Tensor]:
    return [blob(site)] * len(site.wanted)


CONVERTERS: dict[str, tuple[Any, Any]] = {
    "AbsVal": (ops.Abs, _to("Abs")),
    "BNLL": (kind_of("Softplus"), _to("Softplus")),
    "Bias": (ops.Add, _bias),
    "BinaryOp": (ops.Add, _binary),
    "CELU": (kind_of("Celu"), _to("Celu", alpha="alpha")),
    "Clip": (kind_of("Clip"), _clip),
    "DeepCopy": (ops.Reshape, _same),
    "Dropout": (ops.Mul, _dropout),
    "ELU": (ops.Elu, _to("Elu", alpha="alpha")),
    "Eltwise": (ops.Add, _eltwise),
    "Erf": (kind_of("Erf"), _to("Erf")),
    "Exp": (ops.Exp, _exp),
    "GELU": (kind_of("Gelu"), _gelu),
    "HardSigmoid": (kind_of("HardSigmoid"), _to("HardSigmoid", alpha="alpha", beta="beta")),
    "HardSwish": (ops.HardSwish, _hard_swish),
    "Log": (ops.Log, _log),
    "Mish": (kind_of("Mish"), _to("Mish")),
    "PReLU": (ops.PRelu, _prelu),
    "Power": (kind_of("Pow"), _power),
    "ReLU": (ops.Relu, _relu),
    "SELU": (kind_of("Selu"), _to("Selu", alpha="alpha", gamma="gamma")),
    "Scale": (ops.Mul, _scaled),
    "Shrink": (kind_of("Shrink"), _to("Shrink", bias="bias", lambd="lambd")),
    "Sigmoid": (ops.Logistic, _to("Sigmoid")),
    "Softplus": (kind_of("Softplus"), _to("Softplus")),
    "Swish": (ops.Mul, _swish),
    "TanH": (ops.Tanh, _to("Tanh")),
    "Threshold": (ops.Greater, _threshold),
    "UnaryOp": (kind_of("Sqrt"), _unary),
}

RULES: dict[str, Rule] = {name: rule(name, kind, convert) for name, (kind, convert) in CONVERTERS.items()} | {
    name: rule(name, ops.Reshape, _many, (0, 64)) for name in ("Noop", "Split")
}
"""By the layer's type."""
