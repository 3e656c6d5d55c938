"""See activations in the steps that exporters write them as.

    y = x * logistic(x)                       ->   y = swish(x)
    y = x * 0.5 * (1 + erf(x / sqrt(2)))      ->   y = gelu(x)

and so on, by the table.  float32; results are the same up to rounding.
"""

from __future__ import annotations

import math

from codegen.ir import DType, Operator
from codegen.ir.ops import (
    Add,
    Div,
    Erf,
    Exp,
    Gelu,
    GeluTanh,
    HardSigmoid,
    HardSwish,
    Log,
    Logistic,
    Mish,
    Mul,
    Pow,
    Relu6,
    Softplus,
    Square,
    Swish,
    Tanh,
)
from codegen.passes.patterns import TOLERANCE, Any, Match, Number, Op, Pattern, Var, found
from codegen.passes.rewriter import Rewriter

X = Var("x")


def _times(x: Pattern, factor: float) -> Any:
    """A product with a constant, or the quotient by its inverse."""
    return Any(Op(Mul, x, Number(value=factor)), Op(Div, x, Number(value=1 / factor)))


def _product(a: Pattern, b: Pattern, c: Pattern) -> Any:
    """A product of three, in any order."""
    return Any(Op(Mul, Op(Mul, a, b), c), Op(Mul, Op(Mul, a, c), b), Op(Mul, Op(Mul, b, c), a))


def _half_of(x: Pattern, share: Pattern) -> Any:
    """Half the product, in any order."""
    half = Number(value=0.5)
    return Any(_product(x, share, half), _times(Op(Mul, x, share), 0.5), Op(Mul, _times(x, 0.5), share))


ONE = Number(value=1.0)
CUBE = Any(_product(X, X, X), Op(Mul, X, Op(Square, X)), Op(Pow, X, Number(value=3.0)))
INNER = Any(
    _times(Op(Add, X, _times(CUBE, 0.044715)), math.sqrt(2 / math.pi)),
    Op(Mul, _times(X, math.sqrt(2 / math.pi)), Op(Add, ONE, _times(Any(Op(Square, X), Op(Mul, X, X)), 0.044715))),
)
RELU6 = Op(Relu6, Op(Add, X, Number(value=3.0)))
GATE = Op(HardSigmoid, X, name="gate")

PATTERNS: tuple[tuple[type[Operator], Pattern], ...] = (
    (Swish, Op(Mul, X, Op(Logistic, X))),
    (Mish, Op(Mul, X, Op(Tanh, Any(Op(Softplus, X), Op(Log, Op(Add, ONE, Op(Exp, X))))))),
    (Gelu, _half_of(X, Op(Add, ONE, Op(Erf, _times(X, math.sqrt(0.5)))))),
    (GeluTanh, _half_of(X, Op(Add, ONE, Op(Tanh, INNER)))),
    (HardSwish, Any(_times(Op(Mul, X, RELU6), 1 / 6), _product(X, RELU6, Number(value=1 / 6)), Op(Mul, X, GATE))),
    (Softplus, Op(Log, Op(Add, ONE, Op(Exp, X)))),
)
"""What each activation is written as."""

ENDS = (Div, Log, Mul)
"""Last steps of the patterns."""


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Put one operator in the place of the last step."""
    if not isinstance(op, ENDS) or op.y.dtype is not DType.FLOAT32:
        return False
    for kind, pattern in PATTERNS:
        match = found(pattern, op, rewriter)
        if match is None or match.tensor("x").shape != op.y.shape or not _is_sixth(match):
            continue
        rewriter.replace(op, kind(inputs=[match.tensor("x")], outputs=[op.y], name=op.name, source=op.source))
        return True
    return False


def _is_sixth(match: Match) -> bool:
    """Whether the gate of a hard swish, if there is one, is relu6(x + 3) / 6."""
    gate = match.named.get("gate")
    if not isinstance(gate, HardSigmoid):
        return True
    return math.isclose(gate.slope, 1 / 6, rel_tol=TOLERANCE) and math.isclose(gate.offset, 0.5, rel_tol=TOLERANCE)
