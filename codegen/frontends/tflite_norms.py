"""TFLite's float32 norms, put together from element-wise functions and reductions."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite_operators import Rule, Site, window
from codegen.ir import Activation, DType, Operator, Tensor, ops

SMALLEST_NORM = 1e-6
"""L2_NORMALIZATION divides by no less."""


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


def _scalar(value: float) -> Tensor:
    return Tensor("limit", (1,), DType.FLOAT32, None, np.array([value], np.float32))


def _last_axis(x: Tensor) -> dict[str, object]:
    return {"axes": (len(x.shape) - 1,), "keep_dims": True}


def _l2_normalization(site: Site) -> list[Operator]:
    """X / max(sqrt(sum(x * x)), smallest) over the last axis."""
    x, steps = site.tensor(0), _Steps(site)
    if site.activation() is not Activation.NONE:
        raise RefusedError(f"fused activation {site.activation().name} is not supported")
    total = steps.step(ops.Sum, steps.step(ops.Square, x), **_last_axis(x))
    norm = steps.step(ops.Maximum, steps.step(ops.Sqrt, total), _scalar(SMALLEST_NORM))
    steps.step(ops.Div, x, norm)
    return steps.done()


def _log_softmax(site: Site) -> list[Operator]:
    """X - max - log(sum(exp(x - max))) over the last axis."""
    x, steps = site.tensor(0), _Steps(site)
    shifted = steps.step(ops.Sub, x, steps.step(ops.ReduceMax, x, **_last_axis(x)))
    total = steps.step(ops.Sum, steps.step(ops.Exp, shifted), **_last_axis(x))
    steps.step(ops.Sub, shifted, steps.step(ops.Log, total))
    return steps.done()


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
    "L2_NORMALIZATION": Rule(ops.Div, _l2_normalization),
    "L2_POOL_2D": Rule(ops.Sqrt, _l2_pool),
    "LOG_SOFTMAX": Rule(ops.Sub, _log_softmax),
}
"""Norms; in float32 only."""
