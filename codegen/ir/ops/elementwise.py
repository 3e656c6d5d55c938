"""Element-wise functions beyond the activations: mathematics, comparison, logic, choice, conversion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import QUANTIZED_TYPES, is_quantized, quantized, symmetric_int16, uniform_operands
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.ops.activation import Unary
from codegen.ir.ops.binary import Binary, broadcastable
from codegen.ir.tensor import DType

BYTES_AND_FLOAT = (DType.INT8, DType.FLOAT32)
QUANTIZED_AND_FLOAT = (DType.INT8, DType.INT16, DType.FLOAT32)
FLOAT = (DType.FLOAT32,)


class Abs(Unary):
    """|x|."""

    kind = "abs"
    types = (DType.INT8, DType.INT16, DType.FLOAT32, DType.INT32)


class Neg(Unary):
    """-x, of stored numbers; the smallest integer stays itself."""

    kind = "neg"
    types = (DType.INT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64)
    constraints = ()


class Sqrt(Unary):
    """Square root; integers are cut off to the output's steps, and below their zero point count as it."""

    kind = "sqrt"
    types = QUANTIZED_AND_FLOAT
    constraints = (quantized, symmetric_int16)


class Rsqrt(Unary):
    """1 / sqrt(x); integers are not below their zero point, where the result is the largest output."""

    kind = "rsqrt"
    types = QUANTIZED_AND_FLOAT
    constraints = (quantized, symmetric_int16)


class Square(Unary):
    """x * x."""

    kind = "square"
    types = FLOAT


class Sin(Unary):
    """Sine."""

    kind = "sin"
    types = FLOAT


class Cos(Unary):
    """Cosine."""

    kind = "cos"
    types = FLOAT


class Exp(Unary):
    """e to the power of x."""

    kind = "exp"
    types = QUANTIZED_AND_FLOAT
    constraints = (quantized, symmetric_int16)


class Log(Unary):
    """Natural logarithm; of integers the smallest output where x is not positive."""

    kind = "log"
    types = QUANTIZED_AND_FLOAT
    constraints = (quantized, symmetric_int16)


class Floor(Unary):
    """Rounded down."""

    kind = "floor"
    types = FLOAT


class Ceil(Unary):
    """Rounded up."""

    kind = "ceil"
    types = FLOAT


class Round(Unary):
    """Rounded to nearest, ties to even."""

    kind = "round"
    types = FLOAT


class Elu(Unary):
    """x where positive, exp(x) - 1 elsewhere."""

    kind = "elu"
    types = BYTES_AND_FLOAT
    constraints = (quantized,)


class LogicalNot(Unary):
    """Not x."""

    kind = "logical_not"
    types = (DType.BOOL,)


def quotient_factor(op: Operator) -> str | None:
    """The scale of a is below 2^15 of the product of the other scales."""
    a, b, y = (t.quant if is_quantized(t) else None for t in (op.x, op.operand(1), op.y))
    if a is None or b is None or y is None or a.scale < 2.0**15 * b.scale * y.scale:
        return None
    return f"a quotient of 1 is {a.scale / (b.scale * y.scale):.3g} steps of the output"


class Div(Binary):
    """a / b; integers round toward zero; what TFLite refuses at run time, a division by zero, gives 0 in integers
    and the smallest or largest output of quantised ones.
    """

    kind = "div"
    types = (DType.INT8, DType.UINT8, DType.FLOAT32, DType.INT32, DType.INT64)
    preconditions = (uniform_operands, broadcastable)
    constraints = (quantized, quotient_factor)


class FloorDiv(Binary):
    """a / b of stored numbers, rounded down; 0 where integers are divided by 0; -128 / -1 is -128."""

    kind = "floor_div"
    types = (DType.INT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64)
    preconditions = (uniform_operands, broadcastable)
    constraints = ()


class FloorMod(Binary):
    """The rest of a / b of stored numbers, with the sign of b; 0 where integers are divided by 0."""

    kind = "floor_mod"
    types = (DType.INT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64)
    preconditions = (uniform_operands, broadcastable)
    constraints = ()


def square_factor(op: Operator) -> str | None:
    """The square of the larger input scale is below 2^15 output scales."""
    a, b, y = (t.quant if is_quantized(t) else None for t in (op.x, op.operand(1), op.y))
    if a is None or b is None or y is None or max(a.scale, b.scale) ** 2 < 2.0**15 * y.scale:
        return None
    return f"a difference of 1 is {max(a.scale, b.scale) ** 2 / y.scale:.3g} steps of the output"


class SquaredDifference(Binary):
    """(a - b) * (a - b)."""

    kind = "squared_difference"
    types = (DType.INT8, DType.INT16, DType.FLOAT32, DType.INT32)
    preconditions = (uniform_operands, broadcastable)
    constraints = (quantized, symmetric_int16, square_factor)


class LogicalAnd(Binary):
    """Both a and b."""

    kind = "logical_and"
    types = (DType.BOOL,)
    preconditions = (uniform_operands, broadcastable)


class LogicalOr(Binary):
    """a or b."""

    kind = "logical_or"
    types = (DType.BOOL,)
    preconditions = (uniform_operands, broadcastable)


COMPARED = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32, DType.INT32, DType.INT64, DType.BOOL)


def compared_types(op: Operator) -> str | None:
    """Operands have one type: int8, uint8, int16, float32, int32, int64 or bool; the result is bool."""
    a, b = op.x, op.operand(1)
    if a.dtype is b.dtype and a.dtype in COMPARED and op.y.dtype is DType.BOOL:
        return None
    return f"{a.type_text} and {b.type_text} cannot be compared to give {op.y.dtype.value}"


def scales_below_one(op: Comparison) -> str | None:
    """Where real values are compared, operands have one scale, below 1 (TFLite's kernel aborts at others)."""
    if not op.of_reals:
        return None
    if problem := quantized(op):
        return problem
    scales = [t.quant.scale for t in op.inputs if t is not None and t.quant is not None]
    return f"an operand has scale {max(scales):g}" if max(scales, default=0.0) >= 1 else None


@dataclass(eq=False, kw_only=True)
class Comparison(Binary):
    """Truth values of a and b, broadcast against each other.

    Attributes:
        scaled: the element types whose real values are compared; of the others stored numbers are.
    """

    scaled: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8)
    types: ClassVar[tuple[DType, ...]] = ()
    preconditions: ClassVar[tuple[Constraint, ...]] = (compared_types, broadcastable)
    constraints: ClassVar[tuple[Constraint, ...]] = (scales_below_one, symmetric_int16)

    @property
    def of_reals(self) -> bool:
        """Whether real values are compared."""
        return self.x.dtype in self.scaled


class Equal(Comparison):
    """a == b; of int16 real values."""

    kind = "equal"
    scaled = QUANTIZED_TYPES


class NotEqual(Comparison):
    """a != b; of int16 real values."""

    kind = "not_equal"
    scaled = QUANTIZED_TYPES


class Greater(Comparison):
    """a > b; of int16 stored numbers."""

    kind = "greater"


class GreaterEqual(Comparison):
    """a >= b; of int16 stored numbers."""

    kind = "greater_equal"


class Less(Comparison):
    """a < b; of int16 stored numbers."""

    kind = "less"


class LessEqual(Comparison):
    """a <= b; of int16 stored numbers."""

    kind = "less_equal"


def chosen_types(op: Select) -> str | None:
    """The condition is bool; both choices and the result have one type."""
    condition, a, b = op.x, op.operand(1), op.operand(2)
    if condition.dtype is DType.BOOL and a.dtype is b.dtype is op.y.dtype:
        return None
    return f"{condition.type_text} cannot choose between {a.type_text} and {b.type_text}"


def three_broadcastable(op: Select) -> str | None:
    """The three shapes broadcast as numpy's do."""
    shapes = [t.shape for t in op.inputs if t is not None]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return f"shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast"
    return None


@dataclass(eq=False, kw_only=True)
class Select(Operator):
    """The second input where the first holds, the third elsewhere; stored numbers."""

    kind: ClassVar[str] = "select"
    preconditions: ClassVar[tuple[Constraint, ...]] = (chosen_types, three_broadcastable)

    def infer_shapes(self) -> list[Shape]:
        """The broadcast shape."""
        return [tuple(np.broadcast_shapes(*(t.shape for t in self.inputs if t is not None)))]


def plain_numbers(op: Cast) -> str | None:
    """Any element types; quantisation is ignored, as TFLite ignores it."""
    del op
    return None


@dataclass(eq=False, kw_only=True)
class Cast(Operator):
    """The stored numbers as another type: floats are cut to integers, integers to their low bits."""

    kind: ClassVar[str] = "cast"
    preconditions: ClassVar[tuple[Constraint, ...]] = (plain_numbers,)

    def infer_shapes(self) -> list[Shape]:
        """The input's shape."""
        return [self.x.shape]
