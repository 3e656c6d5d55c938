"""y = quantize(softmax(dequantize(x)))  ->  y = softmax(x) at scale 1/256, and a conversion if need be.

Where the output is finer than 1/256 two roundings may be off by more than one unit: it stays in float.
"""

from __future__ import annotations

from codegen.ir import DType, Operator, Quantization, Tensor
from codegen.ir.constraints import same_quant
from codegen.ir.ops import Softmax
from codegen.passes.integer.parts import between, put, quantize, stored, twin
from codegen.passes.rewriter import Rewriter

UNIT = Quantization((1 / 256,), (-128,))


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Compute with stored numbers."""
    inner = between(op, rewriter)
    x = stored(inner.x, rewriter) if isinstance(inner, Softmax) else None
    if inner is None or x is None or op.y.quant is None or op.y.quant.scale < UNIT.scale:
        return False
    if same_quant(op.y.quant, UNIT):
        return put(rewriter, op, twin(inner, [x], [op.y]))
    shares = Tensor(f"{op.name} shares", op.y.shape, DType.INT8, UNIT)
    return put(rewriter, op, twin(inner, [x], [shares]), quantize(shares, op.y, op))
