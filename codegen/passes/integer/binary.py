"""y = quantize(add(dequantize(a), dequantize(b)))  ->  y = add(a, b); likewise sub, mul and products of matrices.

One operand may be a constant that was stored in bytes.
"""

from __future__ import annotations

from codegen.ir import Activation, Operator
from codegen.ir.ops import Add, BatchMatMul, Mul, Sub
from codegen.passes.integer.parts import between, put, stored, twin
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Compute with stored numbers."""
    inner = between(op, rewriter)
    if not isinstance(inner, Add | BatchMatMul | Mul | Sub):
        return False
    if getattr(inner, "activation", Activation.NONE) is not Activation.NONE:
        return False
    a, b = (stored(inner.operand(i), rewriter) for i in range(2))
    return a is not None and b is not None and put(rewriter, op, twin(inner, [a, b], [op.y]))
