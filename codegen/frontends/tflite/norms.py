"""TFLite's norms; the pooling one is put together from element-wise functions and a mean."""

from __future__ import annotations

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Rule, Site, window
from codegen.ir import Activation, DType, Operator, Tensor, ops


class _Steps:
    """The operators of one layer, collected; each step gives its result."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.operators: list[Operator] = []
        if site.tensor(0).dtype is not DType.FLOAT32 or not site.tensor(0).shape:
            raise RefusedError(
                f"tensor {site.tensor(0).name!r} is {site.tensor(0).type_text}; only float32 is supported here"
            )

    def step(self, kind: type[Operator], *inputs: Tensor, **fields: object) -> Tensor:
        """One more operator; its result."""
        y = self.site.part(inputs[0], f"{kind.kind}{len(self.operators)}")
        op = self.site.make(kind, list(inputs), [y], **fields)
        if (broken := op.broken_precondition()) is not None:
            raise RefusedError(broken[1])
        y.shape = op.infer_shapes()[0]
        self.operators.append(op)
        return y

    def done(self) -> list[Operator]:
        """The operators; the last one writes the output."""
        self.operators[-1].outputs = self.site.outputs
        return self.operators


CLAMPS: dict[Activation, type[Operator]] = {
    Activation.RELU: ops.Relu,
    Activation.RELU6: ops.Relu6,
    Activation.RELU_N1_TO_1: ops.ReluN1To1,
}


def _l2_pool(site: Site) -> list[Operator]:
    """The root of the mean of the squares."""
    x, steps = site.tensor(0), _Steps(site)
    kernel = (site.options["FilterHeight"], site.options["FilterWidth"])
    squares = steps.step(ops.Square, x)
    root = steps.step(ops.Sqrt, steps.step(ops.AveragePool2D, squares, kernel=kernel, **window(site, kernel)))
    if site.activation() is not Activation.NONE:
        steps.step(CLAMPS[site.activation()], root)
    return steps.done()


RULES: dict[str, Rule] = {
    "L2_NORMALIZATION": Rule(ops.L2Norm, lambda s: s.single(ops.L2Norm, activation=s.activation())),
    "L2_POOL_2D": Rule(ops.Sqrt, _l2_pool),
    "LOG_SOFTMAX": Rule(ops.LogSoftmax, lambda s: s.single(ops.LogSoftmax)),
}
"""Norms; L2_POOL_2D in float32 only."""
