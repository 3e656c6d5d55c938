"""Expressions to look for in a graph, as data.

    X = Var("x")
    Op(Mul, X, Op(Logistic, X))                       x * logistic(x), the operands of the product in either order
    Any(Op(Square, X), Op(Mul, X, X))                 one of several
    Op(Mean, X, name="mean"), Number("epsilon")       operators and constants that the finder asks for by name

A name stands for one thing: where it comes twice, both must be the same tensor or the same operator.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codegen.ir import Activation, Operator, Tensor
from codegen.ir.ops import Add, Maximum, Minimum, Mul
from codegen.passes.rewriter import Rewriter

COMMUTATIVE = (Add, Maximum, Minimum, Mul)
TOLERANCE = 1e-4
"""Relative difference up to which a constant is the one that is meant: exporters write 0.7071."""


@dataclass(frozen=True)
class Var:
    """Any tensor."""

    name: str


@dataclass(frozen=True)
class Number:
    """A constant of one element: any, by name, or this value."""

    name: str = ""
    value: float | None = None


class Op:
    """The result of an operator of a kind, without a fused activation, over these operands."""

    def __init__(self, kind: type[Operator], *operands: Pattern, name: str = "") -> None:
        self.kind, self.operands, self.name = kind, operands, name


class Any:
    """One of several patterns."""

    def __init__(self, *choices: Pattern) -> None:
        self.choices = choices


Pattern = Var | Number | Op | Any


@dataclass(frozen=True)
class Match:
    """What a pattern was found to be.

    Attributes:
        named: tensors and operators by name.
        operators: all that the pattern consists of.
    """

    named: Mapping[str, Tensor | Operator]
    operators: frozenset[Operator]

    def tensor(self, name: str) -> Tensor:
        """The tensor of this name."""
        found = self.named[name]
        assert isinstance(found, Tensor)
        return found

    def operator(self, name: str) -> Operator:
        """The operator of this name."""
        found = self.named[name]
        assert isinstance(found, Operator)
        return found

    def number(self, name: str) -> float:
        """The value of the constant of this name."""
        return float(self.tensor(name).value.reshape(-1)[0])

    def bound(self, name: str, thing: Tensor | Operator) -> Match | None:
        """With a name more; None if it stands for something else."""
        if name and self.named.get(name, thing) is not thing:
            return None
        return Match({**self.named, name: thing}, self.operators) if name else self


def found(pattern: Pattern, op: Operator, rewriter: Rewriter) -> Match | None:
    """The pattern that ends in `op`, of which nothing but the result is read elsewhere."""
    for match in _matches(pattern, op.y, Match({}, frozenset()), rewriter):
        inner = [t for each in match.operators if each is not op for t in each.outputs]
        readers = {reader for t in inner for reader in rewriter.consumers(t)}
        if readers <= match.operators and not any(map(rewriter.is_output, inner)):
            return match
    return None


def _matches(pattern: Pattern, tensor: Tensor, match: Match, rewriter: Rewriter) -> Iterator[Match]:
    """Every way in which `tensor` is the pattern."""
    if isinstance(pattern, Any):
        for choice in pattern.choices:
            yield from _matches(choice, tensor, match, rewriter)
    elif isinstance(pattern, Op):
        producer = rewriter.producer(tensor)
        if producer is not None and _is_kind(producer, pattern) and (bound := match.bound(pattern.name, producer)):
            bound = Match(bound.named, bound.operators | {producer})
            yield from _operands(pattern, producer, bound, rewriter)
    elif isinstance(pattern, Var) or _is_number(tensor, pattern):
        bound_tensor = match.bound(pattern.name, tensor)
        if bound_tensor is not None:
            yield bound_tensor


def _is_kind(op: Operator, pattern: Op) -> bool:
    plain = getattr(op, "activation", Activation.NONE) is Activation.NONE
    return type(op) is pattern.kind and plain and len(op.outputs) == 1


def _is_number(tensor: Tensor, pattern: Number) -> bool:
    if not tensor.is_constant or tensor.size != 1:
        return False
    return pattern.value is None or math.isclose(tensor.value.reshape(-1)[0], pattern.value, rel_tol=TOLERANCE)


def _operands(pattern: Op, op: Operator, match: Match, rewriter: Rewriter) -> Iterator[Match]:
    """Every way in which the operands are those of the pattern."""
    given = [t for t in op.inputs if t is not None]
    if len(given) != len(pattern.operands):
        return
    orders = [given, given[::-1]] if isinstance(op, COMMUTATIVE) else [given]
    for order in orders:
        yield from _all(list(zip(pattern.operands, order, strict=True)), match, rewriter)


def _all(pairs: list[tuple[Pattern, Tensor]], match: Match, rewriter: Rewriter) -> Iterator[Match]:
    if not pairs:
        yield match
        return
    pattern, tensor = pairs[0]
    for first in _matches(pattern, tensor, match, rewriter):
        yield from _all(pairs[1:], first, rewriter)
