"""One operator of the file as several of the IR, each step fed by those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Site
from codegen.ir import Activation, DType, Operator, Quantization, Tensor, ops

CLAMPS: dict[Activation, type[Operator]] = {
    Activation.RELU: ops.Relu,
    Activation.RELU6: ops.Relu6,
    Activation.RELU_N1_TO_1: ops.ReluN1To1,
}


class Steps:
    """The operators of one layer, collected; each step gives its result."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.operators: list[Operator] = []

    def step(self, kind: type[Operator], *inputs: Tensor, **fields: Any) -> Tensor:
        """One more operator; its result has the first input's type and quantisation."""
        x = inputs[0]
        return self.typed(kind, inputs, x.dtype, x.quant, **fields)

    def typed(
        self, kind: type[Operator], inputs: Sequence[Tensor], dtype: DType, quant: Quantization | None, **fields: Any
    ) -> Tensor:
        """One more operator; its result has the given type and quantisation."""
        y = Tensor(f"{self.site.name}/{kind.kind}{len(self.operators)}", (), dtype, quant)
        op = self.site.make(kind, list(inputs), [y], **fields)
        if (broken := op.broken_precondition()) is not None:
            raise RefusedError(broken[1])
        y.shape = op.infer_shapes()[0]
        self.operators.append(op)
        return y

    def clamped(self, x: Tensor, activation: Activation) -> Tensor:
        """The activation, as an operator of its own."""
        return x if activation is Activation.NONE else self.step(CLAMPS[activation], x)

    def done(self) -> list[Operator]:
        """The operators; the last one writes the output."""
        self.operators[-1].outputs = self.site.outputs
        return self.operators
