"""Float functions of one or two operands beyond TFLite's: activations of ONNX and PyTorch, trigonometry, bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import uniform_operands, uniform_types
from codegen.ir.operator import Constraint
from codegen.ir.ops.activation import Unary
from codegen.ir.ops.binary import Binary, broadcastable
from codegen.ir.tensor import DType

FLOAT = (DType.FLOAT32,)
WIDE_INTEGERS = (DType.INT32, DType.INT64)


def numbers_not_nan(op: Function) -> str | None:
    """The numbers of the function are numbers (infinite ones are)."""
    return f"one of {list(op.numbers)} is not a number" if any(math.isnan(n) for n in op.numbers) else None


@dataclass(eq=False, kw_only=True)
class Function(Unary):
    """A function of one float32 operand with constant numbers: the attributes, in their order."""

    types: ClassVar[tuple[DType, ...]] = FLOAT
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_types, numbers_not_nan)
    constraints: ClassVar[tuple[Constraint, ...]] = ()

    @property
    def numbers(self) -> tuple[float, ...]:
        """What the function knows beside x."""
        return tuple(float(value) for value in self.attributes().values())


class Erf(Function):
    """Error function: 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x."""

    kind = "erf"


class Gelu(Function):
    """x times the normal distribution's share below x: x * (1 + erf(x / sqrt(2))) / 2."""

    kind = "gelu"


class GeluTanh(Function):
    """GELU by its approximation x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2."""

    kind = "gelu_tanh"


class Mish(Function):
    """x * tanh(log(1 + exp(x)))."""

    kind = "mish"


class Softplus(Function):
    """log(1 + exp(x))."""

    kind = "softplus"


class Softsign(Function):
    """x / (1 + |x|)."""

    kind = "softsign"


class Sign(Function):
    """-1, 0 or 1; not a number stays so."""

    kind = "sign"


class Reciprocal(Function):
    """1 / x."""

    kind = "reciprocal"


class Trunc(Function):
    """Rounded toward zero."""

    kind = "trunc"


class Tan(Function):
    """Tangent."""

    kind = "tan"


class Asin(Function):
    """Inverse sine."""

    kind = "asin"


class Acos(Function):
    """Inverse cosine."""

    kind = "acos"


class Atan(Function):
    """Inverse tangent."""

    kind = "atan"


class Sinh(Function):
    """Hyperbolic sine."""

    kind = "sinh"


class Cosh(Function):
    """Hyperbolic cosine."""

    kind = "cosh"


class Asinh(Function):
    """Inverse hyperbolic sine."""

    kind = "asinh"


class Acosh(Function):
    """Inverse hyperbolic cosine."""

    kind = "acosh"


class Atanh(Function):
    """Inverse hyperbolic tangent."""

    kind = "atanh"


@dataclass(eq=False, kw_only=True)
class Clip(Function):
    """min(max(x, low), high); not a number stays so."""

    kind: ClassVar[str] = "clip"

    low: float = -math.inf
    high: float = math.inf


@dataclass(eq=False, kw_only=True)
class HardSigmoid(Function):
    """slope * x + offset, limited to [0, 1]."""

    kind: ClassVar[str] = "hard_sigmoid"

    slope: float = 0.2
    offset: float = 0.5


@dataclass(eq=False, kw_only=True)
class ScaledElu(Function):
    """gamma * x where positive, gamma * alpha * (exp(x / width) - 1) elsewhere: ELU, SELU and CELU of any numbers."""

    kind: ClassVar[str] = "scaled_elu"

    alpha: float = 1.0
    gamma: float = 1.0
    width: float = 1.0


@dataclass(eq=False, kw_only=True)
class Swish(Function):
    """x / (1 + exp(-alpha * x)); SiLU for alpha 1."""

    kind: ClassVar[str] = "swish"

    alpha: float = 1.0


@dataclass(eq=False, kw_only=True)
class ThresholdedRelu(Function):
    """x where above the threshold, 0 elsewhere."""

    kind: ClassVar[str] = "thresholded_relu"

    threshold: float = 1.0


@dataclass(eq=False, kw_only=True)
class Shrink(Function):
    """x moved toward zero by `bias` where its magnitude is above `threshold`, 0 elsewhere."""

    kind: ClassVar[str] = "shrink"

    threshold: float = 0.5
    bias: float = 0.0


class Pow(Binary):
    """a to the power of b; of integers exact and wrapping, 0 for what a negative power makes of other than 1 and -1."""

    kind = "pow"
    types = (*FLOAT, *WIDE_INTEGERS)
    preconditions = (uniform_operands, broadcastable)
    constraints = ()


class Remainder(Binary):
    """The rest of a / b, with the sign of a; 0 where integers are divided by 0."""

    kind = "remainder"
    types = (*FLOAT, *WIDE_INTEGERS)
    preconditions = (uniform_operands, broadcastable)
    constraints = ()


@dataclass(eq=False, kw_only=True)
class Bitwise(Binary):
    """Bits of integers."""

    types: ClassVar[tuple[DType, ...]] = WIDE_INTEGERS
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_operands, broadcastable)
    constraints: ClassVar[tuple[Constraint, ...]] = ()


class BitwiseAnd(Bitwise):
    """Bits set in both."""

    kind = "bitwise_and"


class BitwiseOr(Bitwise):
    """Bits set in a or b."""

    kind = "bitwise_or"


class BitwiseXor(Bitwise):
    """Bits set in one of a and b."""

    kind = "bitwise_xor"


class ShiftLeft(Bitwise):
    """a * 2^b modulo its size; 0 where b is negative or not below the number of bits."""

    kind = "shift_left"


class ShiftRight(Bitwise):
    """a / 2^b rounded down; 0 or -1 where b is negative or not below the number of bits."""

    kind = "shift_right"
