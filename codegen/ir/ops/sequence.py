"""What recurrent layers over a sequence share: order of time and batch, direction, functions of their gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType, Tensor

GATE_FUNCTIONS = (
    *("affine", "elu", "hard_sigmoid", "leaky_relu", "logistic", "relu"),
    *("scaled_tanh", "softplus", "softsign", "tanh", "thresholded_relu"),
)
"""Names of functions of gates: those of ONNX's recurrent operators."""


@dataclass(frozen=True)
class GateFunction:
    """Function of a gate.

    Attributes:
        name: one of GATE_FUNCTIONS.
        alpha: its first number: slope, factor or threshold; 0 where it has none.
        beta: its second number.
    """

    name: str
    alpha: float = 0.0
    beta: float = 0.0


LOGISTIC, TANH, IDENTITY = GateFunction("logistic"), GateFunction("tanh"), GateFunction("affine", 1.0)


def sequence_input(op: Operator) -> str | None:
    """The input is float32 or an integer listed, of rank 3: [batch, time, elements], or [time, batch, elements]."""
    if op.x.dtype not in op.types:
        names = " or ".join(t.value for t in op.types)
        return f"input {op.x.name!r} is {op.x.type_text}; only {names} is supported here"
    return None if len(op.x.shape) == 3 else f"input {op.x.name!r} is {op.x.type_text}, not of rank 3"


@dataclass(eq=False, kw_only=True)
class Recurrent(Operator):
    """A recurrent layer over a sequence.

    x [B, T, I], or [T, B, I] when `time_major`; the first output, y, is [B, T, O] or [T, B, O]; with `last_only` it is
    [B, O], the output of the last step.  `backward` begins with the last step of x and writes the last output first.
    """

    preconditions: ClassVar[tuple[Constraint, ...]] = (sequence_input,)

    time_major: bool = False
    backward: bool = False
    last_only: bool = False

    @property
    def batches(self) -> int:
        """B."""
        return self.x.shape[1 if self.time_major else 0]

    @property
    def steps(self) -> int:
        """T."""
        return self.x.shape[0 if self.time_major else 1]

    def sequence_shape(self, outputs: int) -> Shape:
        """Of y, with O outputs per step."""
        return (self.batches, outputs) if self.last_only else (*self.x.shape[:2], outputs)


def constant_problem(t: Tensor, shape: Shape, dtype: DType) -> str | None:
    """What is wrong with a constant parameter."""
    if not t.is_constant:
        return f"input {t.name!r} is computed at run time; it must be a constant of the model"
    if t.dtype is not dtype:
        return f"tensor {t.name!r} is {t.type_text}; beside these activations it must be {dtype.value}"
    return None if t.shape == shape else f"tensor {t.name!r} is {t.type_text}, not {list(shape)}"


def weight_problem(op: Operator, weights: Sequence[Tensor | None]) -> str | None:
    """What is wrong with the type of weights: that of the activations, or in hybrid layers int8, one scale each."""
    present = [t for t in weights if t is not None]
    types = {t.dtype for t in present}
    if types == ({DType.INT8} if op.x.dtype is DType.INT16 else {op.x.dtype}):
        return None
    if op.x.dtype is not DType.FLOAT32 or types != {DType.INT8}:
        odd = next((t for t in present if t.dtype not in {op.x.dtype, present[0].dtype}), present[0])
        return f"weights {odd.name!r} are {odd.type_text}; beside {op.x.dtype.value} all are that, or all int8"
    for t in present:
        if t.quant is None or t.quant.per_channel or t.quant.zero_point:
            return f"weights {t.name!r} do not have one scale and zero point 0"
    return None


def state_problem(state: Tensor, dtype: DType, elements: int) -> str | None:
    """What is wrong with a state."""
    if state.dtype is not dtype or state.size != elements:
        return f"state {state.name!r} is {state.type_text}, not {elements} elements of {dtype.value}"
    return None
