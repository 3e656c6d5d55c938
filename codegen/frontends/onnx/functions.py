"""Element-wise functions of ONNX, as operators of the IR.

Bytes that are plain numbers (no quantisation) are computed in int32 and cut to their low bits, which is what
arithmetic of bytes gives.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import ANY_NUMBER, Convert, Rule, Site
from codegen.ir import DType, Operator, Tensor, ops

NARROW = (DType.INT8, DType.UINT8, DType.INT16)
"""Types that are computed in int32 when they are plain numbers."""


def cast(site: Site, x: Tensor, dtype: DType) -> Tensor:
    """`x` as another type; itself when it has that type."""
    return x if x.dtype is dtype else site.emit(ops.Cast, x, dtype=dtype)


def plain(site: Site, kind: type[Operator], *operands: Tensor, **fields: Any) -> Tensor:
    """An operator of numbers whose operands and result have one type; bytes without quantisation through int32."""
    first = operands[0]
    if first.dtype not in NARROW or first.quant is not None:
        return site.emit(kind, *operands, **fields)
    wide = [cast(site, t, DType.INT32) for t in operands]
    return cast(site, site.emit(kind, *wide, **fields), first.dtype)


def like(site: Site, x: Tensor, number: float) -> Tensor:
    """A number of x's type."""
    return site.constant(number, x.dtype)


def _unary(kind: type[Operator]) -> Convert:
    return lambda site: plain(site, kind, site.tensor(0))


def _binary(kind: type[Operator]) -> Convert:
    return lambda site: plain(site, kind, site.tensor(0), site.tensor(1))


def _function(kind: type[Operator], **names: str) -> Convert:
    """A function whose numbers are attributes of the file."""
    return lambda site: site.emit(kind, site.tensor(0), **{field: site[name] for field, name in names.items()})


def _comparison(kind: type[Operator]) -> Convert:
    def convert(site: Site) -> Tensor:
        a, b = site.tensor(0), site.tensor(1)
        if a.dtype in NARROW and a.quant is None:
            a, b = (cast(site, t, DType.INT32) for t in (a, b))
        return site.emit(kind, a, b, dtype=DType.BOOL)

    return convert


def _chain(kind: type[Operator]) -> Convert:
    """Any number of operands, one after the other."""
    return lambda site: _chained(site, kind)


def _chained(site: Site, kind: type[Operator]) -> Tensor:
    operands = [site.tensor(i) for i in range(len(site.inputs))]
    return reduce(lambda a, b: plain(site, kind, a, b), operands)


def _mean(site: Site) -> Tensor:
    total = _chained(site, ops.Add)
    return site.emit(ops.Mul, total, like(site, total, 1 / len(site.inputs))) if len(site.inputs) > 1 else total


def _relu(site: Site) -> Tensor:
    x = site.tensor(0)
    if x.dtype is DType.FLOAT32 or x.quant is not None:
        return site.emit(ops.Relu, x)
    return plain(site, ops.Maximum, x, like(site, x, 0))


def _abs(site: Site) -> Tensor:
    """Of int64 the larger of x and -x."""
    x = site.tensor(0)
    if x.dtype is DType.INT64:
        return site.emit(ops.Maximum, x, site.emit(ops.Neg, x))
    return plain(site, ops.Abs, x)


def _div(site: Site) -> Tensor:
    """Of int64: floor(a / b), and one more where the signs differ and something is left, as C divides."""
    a, b = site.tensor(0), site.tensor(1)
    if a.dtype is not DType.INT64:
        return plain(site, ops.Div, a, b)
    zero = like(site, a, 0)
    signs = [site.emit(ops.Less, t, zero, dtype=DType.BOOL) for t in (a, b)]
    rest = site.emit(ops.NotEqual, site.emit(ops.FloorMod, a, b), zero, dtype=DType.BOOL)
    more = site.emit(ops.LogicalAnd, rest, site.emit(ops.NotEqual, *signs, dtype=DType.BOOL))
    return site.emit(ops.Add, site.emit(ops.FloorDiv, a, b), cast(site, more, DType.INT64))


def _sign(site: Site) -> Tensor:
    """Of integers the truth of x > 0 less that of x < 0."""
    x = site.tensor(0)
    if x.dtype is DType.FLOAT32:
        return site.emit(ops.Sign, x)
    if x.dtype is not DType.INT64:
        x = cast(site, x, DType.INT32)
    zero = like(site, x, 0)
    above, below = (site.emit(kind, x, zero, dtype=DType.BOOL) for kind in (ops.Greater, ops.Less))
    sign = site.emit(ops.Sub, cast(site, above, x.dtype), cast(site, below, x.dtype))
    return cast(site, sign, site.tensor(0).dtype)


CLIPS: dict[tuple[float, float], type[Operator]] = {
    (0.0, math.inf): ops.Relu,
    (0.0, 6.0): ops.Relu6,
    (-1.0, 1.0): ops.ReluN1To1,
}
"""Clips that are operators of their own, for passes to fuse."""


def _clip(site: Site) -> Tensor:
    """min(max(x, low), high); bounds are attributes, inputs or missing."""
    x = site.tensor(0)
    bounds = [site.optional(i) for i in (1, 2)]
    if x.dtype is DType.FLOAT32 and all(t is None or t.is_constant for t in bounds):
        high = _bound(site, "max", 2, math.inf)
        low = min(_bound(site, "min", 1, -math.inf), high)
        kind = CLIPS.get((low, high))
        return site.emit(ops.Clip, x, low=low, high=high) if kind is None else site.emit(kind, x)
    for bound, choice in zip(bounds, (ops.Maximum, ops.Minimum), strict=True):
        x = x if bound is None else plain(site, choice, x, bound)
    return x


def _bound(site: Site, attribute: str, index: int, none: float) -> float:
    """A bound as attribute or constant input; `none` where it is neither."""
    value = site[attribute] if site.optional(index) is None else site.number(index)
    return none if value is None else float(value)


def _elu(site: Site) -> Tensor:
    if site["alpha"] == 1.0:
        return site.emit(ops.Elu, site.tensor(0))
    return site.emit(ops.ScaledElu, site.tensor(0), alpha=site["alpha"])


def _celu(site: Site) -> Tensor:
    return site.emit(ops.ScaledElu, site.tensor(0), alpha=site["alpha"], width=site["alpha"])


def _gelu(site: Site) -> Tensor:
    kinds: dict[str, type[Operator]] = {"none": ops.Gelu, "tanh": ops.GeluTanh}
    if site["approximate"] not in kinds:
        raise RefusedError(f"approximation {site['approximate']!r} is not supported")
    return site.emit(kinds[site["approximate"]], site.tensor(0))


def _prelu(site: Site) -> Tensor:
    """Slopes that are computed, or of integers: max(x, 0) + slope * min(x, 0)."""
    x, slope = site.tensor(0), site.tensor(1)
    if slope.is_constant and x.dtype is DType.FLOAT32:
        return site.emit(ops.PRelu, x, slope)
    zero = like(site, x, 0)
    above, below = (plain(site, kind, x, zero) for kind in (ops.Maximum, ops.Minimum))
    return plain(site, ops.Add, above, plain(site, ops.Mul, below, slope))


def _pow(site: Site) -> Tensor:
    """The base's type is the result's; what is not an integer power of integers is computed in float32."""
    x, exponent = site.tensor(0), site.tensor(1)
    if x.dtype is DType.FLOAT32 and exponent.is_constant and exponent.size == 1 and not _widens(exponent, x):
        power = site.number(1)
        if power == 1:
            return x
        if power in POWERS:
            return site.emit(POWERS[power], x)
    if exponent.dtype is DType.FLOAT32 or x.dtype is DType.FLOAT32:
        powers = site.emit(ops.Pow, *(cast(site, t, DType.FLOAT32) for t in (x, exponent)))
        return cast(site, powers, x.dtype)
    return plain(site, ops.Pow, x, cast(site, exponent, x.dtype))


POWERS: dict[float, type[Operator]] = {2.0: ops.Square, 0.5: ops.Sqrt, -0.5: ops.Rsqrt, -1.0: ops.Reciprocal}
"""Powers that are functions of their own."""


def _widens(t: Tensor, x: Tensor) -> bool:
    """Whether a broadcast with `t` gives more dimensions than x has."""
    return len(t.shape) > len(x.shape)


def _mod(site: Site) -> Tensor:
    """The rest with the sign of the divisor, or, as fmod, of the dividend."""
    return plain(site, ops.Remainder if site["fmod"] else ops.FloorMod, site.tensor(0), site.tensor(1))


def _is_nan(site: Site) -> Tensor:
    """What is not equal to itself."""
    return site.emit(ops.NotEqual, site.tensor(0), site.tensor(0), dtype=DType.BOOL)


def _is_inf(site: Site) -> Tensor:
    """Equal to infinity: the positive, the negative, or the magnitude; or never."""
    x, positive, negative = site.tensor(0), site["detect_positive"], site["detect_negative"]
    if not (positive or negative) or x.dtype is not DType.FLOAT32:
        return site.emit(ops.BroadcastTo, site.constant([False], DType.BOOL), shape=x.shape)
    x = site.emit(ops.Abs, x) if positive and negative else x
    return site.emit(ops.Equal, x, like(site, x, math.inf if positive else -math.inf), dtype=DType.BOOL)


def _shift(site: Site) -> Tensor:
    kinds: dict[str, type[Operator]] = {"LEFT": ops.ShiftLeft, "RIGHT": ops.ShiftRight}
    if site.required("direction") not in kinds:
        raise RefusedError(f"direction {site['direction']!r} is not supported")
    return plain(site, kinds[site["direction"]], site.tensor(0), site.tensor(1))


def _bitwise_not(site: Site) -> Tensor:
    x = site.tensor(0)
    ones = np.array(-1).astype(x.dtype.numpy) if x.dtype.is_integer else 0
    return plain(site, ops.BitwiseXor, x, site.constant(ones, x.dtype))


UNARY: dict[str, type[Operator]] = {
    "Acos": ops.Acos,
    "Acosh": ops.Acosh,
    "Asin": ops.Asin,
    "Asinh": ops.Asinh,
    "Atan": ops.Atan,
    "Atanh": ops.Atanh,
    "Ceil": ops.Ceil,
    "Cos": ops.Cos,
    "Cosh": ops.Cosh,
    "Erf": ops.Erf,
    "Exp": ops.Exp,
    "Floor": ops.Floor,
    "HardSwish": ops.HardSwish,
    "Log": ops.Log,
    "Mish": ops.Mish,
    "Neg": ops.Neg,
    "Not": ops.LogicalNot,
    "Reciprocal": ops.Reciprocal,
    "Round": ops.Round,
    "Sigmoid": ops.Logistic,
    "Sin": ops.Sin,
    "Sinh": ops.Sinh,
    "Softplus": ops.Softplus,
    "Softsign": ops.Softsign,
    "Sqrt": ops.Sqrt,
    "Tan": ops.Tan,
    "Tanh": ops.Tanh,
}

BINARY: dict[str, type[Operator]] = {
    "Add": ops.Add,
    "And": ops.LogicalAnd,
    "BitwiseAnd": ops.BitwiseAnd,
    "BitwiseOr": ops.BitwiseOr,
    "BitwiseXor": ops.BitwiseXor,
    "Mul": ops.Mul,
    "Or": ops.LogicalOr,
    "Sub": ops.Sub,
}

COMPARISONS: dict[str, type[Operator]] = {
    "Equal": ops.Equal,
    "Greater": ops.Greater,
    "GreaterOrEqual": ops.GreaterEqual,
    "Less": ops.Less,
    "LessOrEqual": ops.LessEqual,
    "Xor": ops.NotEqual,
}

CHAINS: dict[str, type[Operator]] = {"Max": ops.Maximum, "Min": ops.Minimum, "Sum": ops.Add}

SELU = {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}

RULES: dict[str, Rule] = {
    **{name: Rule(kind, _unary(kind)) for name, kind in UNARY.items()},
    **{name: Rule(kind, _binary(kind), (2, 2)) for name, kind in BINARY.items()},
    **{name: Rule(kind, _comparison(kind), (2, 2)) for name, kind in COMPARISONS.items()},
    **{name: Rule(kind, _chain(kind), (1, ANY_NUMBER)) for name, kind in CHAINS.items()},
    "Abs": Rule(ops.Abs, _abs),
    "BitShift": Rule(ops.ShiftLeft, _shift, (2, 2), attributes={"direction": str}),
    "BitwiseNot": Rule(ops.BitwiseXor, _bitwise_not),
    "Celu": Rule(ops.ScaledElu, _celu, attributes={"alpha": 1.0}),
    "Clip": Rule(ops.Clip, _clip, (1, 3), attributes={"min": float, "max": float}),
    "Div": Rule(ops.Div, _div, (2, 2)),
    "Elu": Rule(ops.Elu, _elu, attributes={"alpha": 1.0}),
    "Gelu": Rule(ops.Gelu, _gelu, attributes={"approximate": "none"}),
    "HardSigmoid": Rule(
        ops.HardSigmoid,
        _function(ops.HardSigmoid, slope="alpha", offset="beta"),
        attributes={"alpha": 0.2, "beta": 0.5},
    ),
    "IsInf": Rule(ops.Equal, _is_inf, attributes={"detect_negative": 1, "detect_positive": 1}),
    "IsNaN": Rule(ops.NotEqual, _is_nan),
    "LeakyRelu": Rule(ops.LeakyRelu, _function(ops.LeakyRelu, alpha="alpha"), attributes={"alpha": 0.01}),
    "Mean": Rule(ops.Add, _mean, (1, ANY_NUMBER)),
    "Mod": Rule(ops.FloorMod, _mod, (2, 2), attributes={"fmod": 0}),
    "PRelu": Rule(ops.PRelu, _prelu, (2, 2)),
    "Pow": Rule(ops.Pow, _pow, (2, 2)),
    "Relu": Rule(ops.Relu, _relu),
    "Selu": Rule(ops.ScaledElu, _function(ops.ScaledElu, alpha="alpha", gamma="gamma"), attributes=SELU),
    "Shrink": Rule(
        ops.Shrink, _function(ops.Shrink, threshold="lambd", bias="bias"), attributes={"lambd": 0.5, "bias": 0.0}
    ),
    "Sign": Rule(ops.Sign, _sign),
    "Swish": Rule(ops.Swish, _function(ops.Swish, alpha="alpha"), attributes={"alpha": 1.0}),
    "ThresholdedRelu": Rule(
        ops.ThresholdedRelu, _function(ops.ThresholdedRelu, threshold="alpha"), attributes={"alpha": 1.0}
    ),
}
"""By the operator's name in the file."""
