"""What a layer becomes that NNoM computes: an operator with NNoM's own meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from codegen.backends.candidate import Call, Operand
from codegen.ir import Array, Operator, Tensor
from codegen.ir.operator import Shape


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """How NNoM computes a layer; everything is final.

    Attributes:
        function: of NNoM.
        kernel: its adapter.
        instructions: of one run, roughly.
        differs: where its results are not TFLite's, a clause; "" when they are proved equal.
        macs: multiply-accumulates of one run.
    """

    function: str
    kernel: str
    instructions: float
    differs: str = ""
    macs: int = 0

    def compute(self, inputs: Sequence[Array]) -> Array:
        """What NNoM computes, int8."""
        raise NotImplementedError

    def call(self, inputs: Sequence[Tensor], output: Tensor) -> Call:
        """The call of its adapter."""
        raise NotImplementedError


@dataclass(eq=False, kw_only=True)
class NnomLayer(Operator):
    """A layer by NNoM: tensors are q7, scales powers of two, results NNoM's."""

    kind: ClassVar[str] = "nnom_layer"

    plan: Plan

    def infer_shapes(self) -> list[Shape]:
        """That of the layer it stands for."""
        return [t.shape for t in self.outputs]

    def macs(self) -> int:
        """Of the layer it stands for."""
        return self.plan.macs

    def evaluate(self, inputs: Sequence[Array | None]) -> list[Array]:
        """What NNoM computes."""
        return [self.plan.compute([x for x in inputs if x is not None])]


def all_of(output: Tensor) -> Operand:
    """An output that one call writes as a whole."""
    return Operand(output, 1, output.bytes, (0,), (0,))
