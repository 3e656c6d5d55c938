"""Element-wise functions of one operand, and softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import constant_parameters, int8_activations, quantized
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.ops.binary import INT8_BINARY
from codegen.ir.tensor import DType, Tensor


@dataclass(eq=False, kw_only=True)
class Unary(Operator):
    """y = f(x), element by element."""

    constraints: ClassVar[tuple[Constraint, ...]] = (int8_activations, quantized)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


class Relu(Unary):
    """max(x, 0), as an operator of its own (fused ones are attributes)."""

    kind = "relu"


class Relu6(Unary):
    """min(max(x, 0), 6)."""

    kind = "relu6"


class ReluN1To1(Unary):
    """min(max(x, -1), 1)."""

    kind = "relu_n1_to_1"


class Logistic(Unary):
    """1 / (1 + exp(-x)); TFLite fixes the int8 output to scale 1/256, zero point -128."""

    kind = "logistic"


class Tanh(Unary):
    """Hyperbolic tangent; TFLite fixes the int8 output to scale 1/128, zero point 0."""

    kind = "tanh"


class HardSwish(Unary):
    """x * relu6(x + 3) / 6."""

    kind = "hard_swish"


@dataclass(eq=False, kw_only=True)
class LeakyRelu(Unary):
    """x where positive, alpha * x elsewhere."""

    kind: ClassVar[str] = "leaky_relu"

    alpha: float = 0.0


@dataclass(eq=False, kw_only=True)
class PRelu(Operator):
    """x where positive, alpha * x elsewhere; alpha is a constant int8 tensor, broadcast to x."""

    kind: ClassVar[str] = "prelu"
    constraints: ClassVar[tuple[Constraint, ...]] = (*INT8_BINARY, constant_parameters)

    @property
    def alpha(self) -> Tensor:
        """The slopes."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """The broadcast shape."""
        return [tuple(np.broadcast_shapes(self.x.shape, self.alpha.shape))]


@dataclass(eq=False, kw_only=True)
class Softmax(Operator):
    """exp(beta * x) / sum, over the last axis."""

    kind: ClassVar[str] = "softmax"
    constraints: ClassVar[tuple[Constraint, ...]] = (int8_activations, quantized)

    beta: float = 1.0

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]


def byte_operands(op: Operator) -> str | None:
    """Input and output are one byte per element."""
    wrong = [t for t in (op.x, op.y) if t.dtype not in (DType.INT8, DType.UINT8)]
    return f"tensor {wrong[0].name!r} is {wrong[0].type_text}, not one byte" if wrong else None


@dataclass(eq=False, kw_only=True)
class Lookup(Operator):
    """y = table[x], made by the pass `lower_to_table` from any byte-to-byte function.

    The table (second input, constant, 256 entries of y's type) is indexed by the byte of x seen
    as unsigned: entry 0xFF is f(-1) for an int8 input.
    """

    kind: ClassVar[str] = "lookup"
    constraints: ClassVar[tuple[Constraint, ...]] = (byte_operands,)

    @property
    def table(self) -> Tensor:
        """256 results."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
