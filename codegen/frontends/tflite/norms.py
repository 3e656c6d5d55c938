"""TFLite's norms; the pooling one is put together from element-wise functions and a mean."""

from __future__ import annotations

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Rule, Site, window
from codegen.frontends.tflite.steps import Steps
from codegen.ir import DType, Operator, ops


def _l2_pool(site: Site) -> list[Operator]:
    """The root of the mean of the squares."""
    x, steps = site.tensor(0), Steps(site)
    if x.dtype is not DType.FLOAT32 or not x.shape:
        raise RefusedError(f"tensor {x.name!r} is {x.type_text}; only float32 is supported here")
    kernel = (site.options["FilterHeight"], site.options["FilterWidth"])
    squares = steps.step(ops.Square, x)
    root = steps.step(ops.Sqrt, steps.step(ops.AveragePool2D, squares, kernel=kernel, **window(site, kernel)))
    steps.clamped(root, site.activation())
    return steps.done()


RULES: dict[str, Rule] = {
    "L2_NORMALIZATION": Rule(ops.L2Norm, lambda s: s.single(ops.L2Norm, activation=s.activation())),
    "L2_POOL_2D": Rule(ops.Sqrt, _l2_pool),
    "LOG_SOFTMAX": Rule(ops.LogSoftmax, lambda s: s.single(ops.LogSoftmax)),
}
"""Norms; L2_POOL_2D in float32 only."""
