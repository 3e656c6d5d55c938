"""Element-wise functions of one operand, and softmax."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import (
    MAX_FACTOR,
    product_factor,
    quantized,
    ratio_factor,
    symmetric_int16,
    uniform_operands,
    uniform_types,
)
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.ops.binary import broadcastable
from codegen.ir.tensor import DType, Tensor


def fixed_output(op: Operator, scale: float, zero_point: int) -> str | None:
    """What is wrong with the output's quantisation where TFLite fixes it."""
    quant = op.y.quant
    if quant is None or (math.isclose(quant.scale, scale, rel_tol=1e-3) and quant.zero_point == zero_point):
        return None
    found = f"scale {quant.scale:.6g} and zero point {quant.zero_point}"
    return f"the output has {found}; it must have {scale:.6g} and {zero_point}"


def softmax_types(op: Softmax) -> str | None:
    """Input and output have one type, of those listed, or int8 becomes int16, at zero point -32768."""
    return None if _widens(op) else uniform_types(op) or symmetric_int16(op)


def _widens(op: Operator) -> bool:
    return (op.x.dtype, op.y.dtype) == (DType.INT8, DType.INT16)


def unit_output(op: Operator) -> str | None:
    """The output has scale 1/256 and zero point -128 (int8) or 0 (uint8); int16 has scale 1/32768."""
    if _widens(op):
        return fixed_output(op, 1 / 65536, -32768)
    if op.y.dtype is DType.INT16:
        return fixed_output(op, 1 / 32768, 0)
    return fixed_output(op, 1 / 256, op.y.dtype.limits[0] if op.y.dtype.is_integer else 0)


def signed_unit_output(op: Operator) -> str | None:
    """The output has scale 1/128 and zero point 0 (int8) or 128 (uint8); int16 has scale 1/32768."""
    if op.y.dtype is DType.INT16:
        return fixed_output(op, 1 / 32768, 0)
    return fixed_output(op, 1 / 128, 128 if op.y.dtype is DType.UINT8 else 0)


def int16_argument(op: Operator) -> str | None:
    """In int16 the input's scale is below 2."""
    coarse = op.x.dtype is DType.INT16 and op.x.quant is not None and op.x.quant.scale >= 2
    return f"the input's scale is {op.x.quant.scale:.6g}" if coarse and op.x.quant else None


def finite_alpha(op: LeakyRelu) -> str | None:
    """Alpha is finite and at most 2^15."""
    return None if abs(op.alpha) <= MAX_FACTOR else f"alpha is {op.alpha}"


def positive_beta(op: Softmax) -> str | None:
    """Beta is positive and at most 2^15, and x has an axis to sum over."""
    if not op.x.shape:
        return f"input {op.x.name!r} is a scalar"
    return None if 0 < op.beta <= MAX_FACTOR else f"beta is {op.beta}"


def slope_types(op: PRelu) -> str | None:
    """x, alpha and result have one type, of those listed; alpha of int16 is int8."""
    if op.x.dtype is not DType.INT16:
        return uniform_operands(op)
    if op.y.dtype is DType.INT16 and op.alpha.dtype is DType.INT8:
        return None
    return f"{op.x.type_text} with slopes {op.alpha.type_text} cannot give {op.y.dtype.value}"


def slopes_broadcast(op: PRelu) -> str | None:
    """The slopes broadcast to x's shape."""
    fits = np.broadcast_shapes(op.x.shape, op.alpha.shape) == op.x.shape
    return None if fits else f"slopes {list(op.alpha.shape)} do not broadcast to {list(op.x.shape)}"


@dataclass(eq=False, kw_only=True)
class Unary(Operator):
    """y = f(x), element by element."""

    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types,)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, symmetric_int16, ratio_factor)

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
    types = (DType.INT8, DType.UINT8, DType.FLOAT32)


class Logistic(Unary):
    """1 / (1 + exp(-x)); TFLite fixes the scale of an integer output."""

    kind = "logistic"
    constraints = (quantized, symmetric_int16, unit_output, int16_argument)


class Tanh(Unary):
    """Hyperbolic tangent; TFLite fixes the scale of an integer output."""

    kind = "tanh"
    constraints = (quantized, symmetric_int16, signed_unit_output, int16_argument)


def hard_swish_scales(op: Operator) -> str | None:
    """The input scale is below 128 output scales (TFLite's kernel refuses others)."""
    if op.x.quant is None or op.y.quant is None or op.x.quant.scale < 128 * op.y.quant.scale:
        return None
    return f"one step of the input is {op.x.quant.scale / op.y.quant.scale:.3g} steps of the output, not below 128"


class HardSwish(Unary):
    """x * relu6(x + 3) / 6."""

    kind = "hard_swish"
    types = (DType.INT8, DType.UINT8, DType.FLOAT32)
    constraints = (quantized, hard_swish_scales)


@dataclass(eq=False, kw_only=True)
class LeakyRelu(Unary):
    """x where positive, alpha * x elsewhere."""

    kind: ClassVar[str] = "leaky_relu"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, finite_alpha)

    alpha: float = 0.0


@dataclass(eq=False, kw_only=True)
class PRelu(Operator):
    """x where positive, alpha * x elsewhere; alpha broadcasts to x."""

    kind: ClassVar[str] = "prelu"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (slope_types, broadcastable, slopes_broadcast)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, symmetric_int16, ratio_factor, product_factor)

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
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (softmax_types, positive_beta)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, unit_output, int16_argument)

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
    preconditions: ClassVar[tuple[Constraint, ...]] = (byte_operands,)

    @property
    def table(self) -> Tensor:
        """256 results."""
        return self.operand(1)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
