"""Take out operators whose results nobody reads.

y = conv(x)         (y has no reader and is no output)   ->   nothing
"""

from __future__ import annotations

from codegen.ir import Operator
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Remove `op` when every output is dead."""
    if any(rewriter.consumers(t) or rewriter.is_output(t) for t in op.outputs):
        return False
    rewriter.remove(op)
    return True
