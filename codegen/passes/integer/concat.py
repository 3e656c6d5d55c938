"""y = quantize(concat(a, b, ...))  ->  y = concat(quantize(a), quantize(b), ...); who comes from bytes stays bytes.

At least one operand was dequantised; the result has nobody else to read it.
"""

from __future__ import annotations

from codegen.ir import DType, Operator, Tensor
from codegen.ir.ops import Concat
from codegen.passes.integer.parts import between, put, quantize, quantized_values, stored, twin
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Join what was quantised before."""
    inner = between(op, rewriter)
    if not isinstance(inner, Concat) or not any(stored(t, rewriter) for t in inner.activations):
        return False
    quant = op.y.quant
    assert quant is not None
    inputs: list[Tensor | None] = []
    steps: list[Operator] = []
    for i, x in enumerate(t for t in inner.inputs if t is not None):
        data = quantized_values(x.value, quant) if x.is_constant else None
        part = Tensor(f"{op.name} part {i}", x.shape, DType.INT8, quant, data)
        inputs.append(part)
        if data is None:
            steps.append(quantize(x, part, op))
    return put(rewriter, op, *steps, twin(inner, inputs, [op.y]))
