"""One operator of the file as several of the IR, each step fed by those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Site
from codegen.ir import Activation, DType, Operator, Quantization, Tensor, ops

FINE_BITS = 19
"""TFLM adds steps shifted to the left by 20 and halved."""

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

    def whole_steps(self, x: Tensor) -> Tensor:
        """Quantised elements less their zero point, as int32."""
        number = self.typed(ops.Cast, [x], DType.INT32, None)
        return self.step(ops.Sub, number, self.number(_quant(x).zero_point))

    def number(self, value: int) -> Tensor:
        """A constant of int32."""
        return Tensor(f"{self.site.name}/{value}", (), DType.INT32, None, np.array(value, np.int32))

    def fine_steps(self, sums: Tensor, x: Tensor) -> Tensor:
        """Sums of whole steps of `x`, less its zero point, in steps of 2^-19 of its scale, to the output's type.

        So TFLM's ADD_N and CUMSUM requantise; that they take the zero point off once more is theirs.
        """
        quant = _quant(x)
        less = self.step(ops.Sub, sums, self.number(quant.zero_point))
        fine = self.step(ops.Mul, less, self.number(1 << FINE_BITS))
        fine.quant = Quantization((quant.scale / (1 << FINE_BITS),), (0,))
        return self.typed(ops.Quantize, [fine], self.site.outputs[0].dtype, self.site.outputs[0].quant)

    def clamped(self, x: Tensor, activation: Activation) -> Tensor:
        """The activation, as an operator of its own."""
        return x if activation is Activation.NONE else self.step(CLAMPS[activation], x)

    def done(self) -> list[Operator]:
        """The operators; the last one writes the output."""
        self.operators[-1].outputs = self.site.outputs
        return self.operators


def _quant(x: Tensor) -> Quantization:
    """The one scale and zero point of a tensor."""
    if x.quant is None or x.quant.per_channel:
        raise RefusedError(f"tensor {x.name!r} ({x.type_text}) does not have one scale and zero point")
    return x.quant
