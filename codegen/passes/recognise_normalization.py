"""See normalisation by mean and variance in the steps that exporters write it as.

    d = x - mean(x); y = d / sqrt(mean(d * d) + e)                 ->   y = normalization(x)
    y = x / sqrt(mean(x * x) + e)                                  ->   y = normalization(x), not centred
    i = gamma / sqrt(...); y = x * i + (beta - mean(x) * i)        ->   y = normalization(x) * gamma + beta

float32; results are the same up to rounding.
"""

from __future__ import annotations

from typing import Any as Anything

from codegen.ir import DType, Operator, Tensor
from codegen.ir.ops import (
    Add,
    Div,
    Mean,
    Mul,
    Normalization,
    Reciprocal,
    Rsqrt,
    Sqrt,
    Square,
    SquaredDifference,
    Sub,
)
from codegen.passes.patterns import Any, Match, Number, Op, Pattern, Var, found
from codegen.passes.rewriter import Rewriter

X, GAMMA, BETA, EPSILON = Var("x"), Var("gamma"), Var("beta"), Number("epsilon")
MEAN = Op(Mean, X, name="mean")


def _square(x: Pattern) -> Any:
    return Any(Op(Square, x), Op(Mul, x, x))


def _root(square: Pattern) -> Op:
    return Op(Sqrt, _moment(square))


def _moment(square: Pattern) -> Op:
    return Op(Add, Op(Mean, square, name="variance"), EPSILON)


def _inverse(square: Pattern) -> Any:
    return Any(Op(Rsqrt, _moment(square)), Op(Reciprocal, _root(square)))


def _divided(x: Pattern, square: Pattern) -> Any:
    return Any(Op(Div, x, _root(square)), Op(Mul, x, _inverse(square)))


CENTRED = Op(Sub, X, MEAN, name="centred")
DIFFERENCE = Op(SquaredDifference, X, MEAN)
AROUND_MEAN = _divided(CENTRED, Any(_square(CENTRED), DIFFERENCE))
AROUND_ZERO = _divided(X, _square(X))
FACTOR = Any(Op(Mul, _inverse(DIFFERENCE), GAMMA, name="factor"), _inverse(DIFFERENCE))
FOLDED = Op(Add, Op(Mul, X, FACTOR), Op(Sub, BETA, Op(Mul, MEAN, FACTOR)))


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Put one operator, or with gamma and beta three, in the place of the last step."""
    if not isinstance(op, Div | Mul | Add) or op.y.dtype is not DType.FLOAT32:
        return False
    for pattern in (FOLDED,) if isinstance(op, Add) else (AROUND_MEAN, AROUND_ZERO):
        match = found(pattern, op, rewriter)
        if match is not None and (made := _made(op, match)):
            rewriter.replace(op, *made)
            return True
    return False


def _made(op: Operator, match: Match) -> list[Operator]:
    """The operators instead; none when means are over other axes, or drop them, or when shapes would differ."""
    means = [match.operator(name) for name in ("mean", "variance") if name in match.named]
    fields: list[dict[str, Anything]] = [mean.attributes() for mean in means]
    axes, epsilon = fields[0]["axes"], match.number("epsilon")
    if epsilon < 0 or any(f["axes"] != axes or not f["keep_dims"] for f in fields):
        return []
    x = match.tensor("x")
    normal = Normalization(
        inputs=[x], outputs=[op.y], name=op.name, source=op.source, axes=axes, epsilon=epsilon, centred=len(means) > 1
    )
    made: list[Operator] = [normal]
    for kind, parameter in ((Mul, match.named.get("gamma")), (Add, match.named.get("beta"))):
        if isinstance(parameter, Tensor):
            middle = Tensor(f"{op.y.name}/{kind.kind}", made[-1].infer_shapes()[0], op.y.dtype)
            made[-1].outputs = [middle]
            made.append(kind(inputs=[middle, parameter], outputs=[op.y], name=op.name, source=op.source))
    return made if made[-1].infer_shapes()[0] == op.y.shape else []
