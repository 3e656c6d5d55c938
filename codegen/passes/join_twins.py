"""Move elements once where several operators ask for the same movement.

a = transpose(x, p); b = transpose(x, p)      ->   a = transpose(x, p), read by both
"""

from __future__ import annotations

from codegen.ir import Operator
from codegen.ir.ops import Transpose
from codegen.passes.rewriter import Rewriter, same_value_type


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Let the readers of later twins of `op` read its own result."""
    if not isinstance(op, Transpose):
        return False
    twins = [
        other
        for other in rewriter.consumers(op.x)
        if isinstance(other, Transpose)
        and other is not op
        and other.perm == op.perm
        and same_value_type(other.y, op.y)
        and not rewriter.is_output(other.y)
    ]
    operators = rewriter.graph.operators
    later = [other for other in twins if operators.index(other) > operators.index(op)]
    for other in later:
        rewriter.graph.replace_tensor(other.y, op.y)
        rewriter.remove(other)
    return bool(later)
