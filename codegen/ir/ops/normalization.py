"""Normalisation over any axes by mean and variance, and by neighbouring channels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import axes_problem, uniform_types
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType


def normalised_axes(op: Normalization) -> str | None:
    """The axes are distinct axes of x; epsilon is not negative."""
    if not (math.isfinite(op.epsilon) and op.epsilon >= 0):
        return f"epsilon is {op.epsilon}"
    return axes_problem(op.axes, op.x)


@dataclass(eq=False, kw_only=True)
class Normalization(Operator):
    """(x - mean) / sqrt(variance + epsilon) over `axes`; not `centred`, x / sqrt(mean of squares + epsilon)."""

    kind: ClassVar[str] = "normalization"
    types: ClassVar[tuple[DType, ...]] = (DType.FLOAT32,)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, normalised_axes)

    axes: tuple[int, ...]
    epsilon: float = 1e-5
    centred: bool = True

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


def channel_window(op: LocalResponseNorm) -> str | None:
    """X has a last axis; a window reaches over 0 or more channels; the numbers are finite, bias > 0, alpha >= 0."""
    if not op.x.shape or min(op.before, op.after) < 0:
        return f"channels of {op.x.type_text} with {op.before} before and {op.after} after"
    numbers = op.bias, op.alpha, op.beta
    fits = all(map(math.isfinite, numbers)) and op.bias > 0 and op.alpha >= 0
    return None if fits else f"bias, alpha and beta are {numbers}"


@dataclass(eq=False, kw_only=True)
class LocalResponseNorm(Operator):
    """x / (bias + alpha * s)^beta, s the sum of squares from `before` channels before to `after` behind; last axis."""

    kind: ClassVar[str] = "local_response_norm"
    types: ClassVar[tuple[DType, ...]] = (DType.FLOAT32,)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, channel_window)

    before: int
    after: int
    bias: float
    alpha: float
    beta: float

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
