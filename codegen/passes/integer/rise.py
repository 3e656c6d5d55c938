"""Let Quantize rise above operators that keep the order of numbers: y = quantize(relu(x)) -> y = relu(quantize(x)).

Likewise transpose, reshape, max pool, clip; the result has nobody else to read it.  Rounding keeps the order too, so
results are the same.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import DType, Operator, Tensor
from codegen.ir.ops import (
    Clip,
    Maximum,
    MaxPool2D,
    Minimum,
    Relu,
    Relu6,
    ReluN1To1,
    Reshape,
    Transpose,
)
from codegen.passes.integer.parts import between, put, quantize, quantized_values, twin
from codegen.passes.rewriter import Rewriter

UNARY = (MaxPool2D, Relu, Relu6, ReluN1To1, Reshape, Transpose)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Quantise what the float operator before `op` reads."""
    inner = between(op, rewriter)
    if isinstance(inner, Clip):
        return _clip(inner, op, rewriter)
    if isinstance(inner, Maximum | Minimum):
        operands = [_quantized(t, op) for t in (inner.x, inner.other)]
    elif isinstance(inner, UNARY):
        operands = [_quantized(inner.x, op)]
    else:
        return False
    inputs: list[Tensor | None] = [t for t, _ in operands]
    steps = [step for _, step in operands if step is not None]
    return put(rewriter, op, *steps, twin(inner, inputs, [op.y]))


def _quantized(x: Tensor, op: Operator) -> tuple[Tensor, Operator | None]:
    """A tensor with the quantisation of the result; a constant at once."""
    quant = op.y.quant
    assert quant is not None
    if x.is_constant:
        return Tensor(x.name, x.shape, DType.INT8, quant, quantized_values(x.value, quant)), None
    result = Tensor(f"{x.name} quantised", x.shape, DType.INT8, quant)
    return result, quantize(x, result, op)


def _clip(inner: Clip, op: Operator, rewriter: Rewriter) -> bool:
    x, step = _quantized(inner.x, op)
    assert step is not None
    quant = op.y.quant
    assert quant is not None
    steps = [step]
    for kind, limit in ((Maximum, inner.low), (Minimum, inner.high)):
        value = quantized_values(np.full((1,), limit, np.float32), quant)
        bound = Tensor(f"{op.name} limit", (1,), DType.INT8, quant, value)
        result = op.y if kind is Minimum else Tensor(f"{op.name} {kind.kind}", x.shape, DType.INT8, quant)
        steps.append(kind(inputs=[x, bound], outputs=[result], name=op.name, source=op.source))
        x = result
    return put(rewriter, op, *steps)
