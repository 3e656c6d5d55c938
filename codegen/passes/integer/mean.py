"""y = quantize(mean(dequantize(x)))  ->  y = mean(x); scales may differ."""

from __future__ import annotations

from codegen.ir import Operator
from codegen.ir.ops import Mean
from codegen.passes.integer.parts import between, put, stored, twin
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Compute with stored numbers."""
    inner = between(op, rewriter)
    x = stored(inner.x, rewriter) if isinstance(inner, Mean) else None
    return inner is not None and x is not None and put(rewriter, op, twin(inner, [x], [op.y]))
