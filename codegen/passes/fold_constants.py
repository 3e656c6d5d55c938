"""Compute now what does not depend on the input.

y = f(constant, ...)   ->   y is a constant with the value that reference/ gives
"""

from __future__ import annotations

from codegen import reference
from codegen.ir import Operator, Tensor
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Evaluate `op` when all its inputs are constant."""
    if not op.foldable:
        return False
    results = reference.evaluate(op, [None if t is None else t.value for t in op.inputs])
    for tensor, value in zip(op.outputs, results, strict=True):
        constant = Tensor(tensor.name, tensor.shape, tensor.dtype, tensor.quant, value)
        rewriter.graph.replace_tensor(tensor, constant)
    rewriter.remove(op)
    return True
