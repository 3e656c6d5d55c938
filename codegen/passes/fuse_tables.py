"""Two tables in a row are one table; a table that changes nothing is none.

t = lookup(x, A)          (read by the second lookup only)
y = lookup(t, B)          ->   y = lookup(x, B[A])

y = lookup(x, identity)   (same type and quantisation)   ->   x
"""

from __future__ import annotations

import numpy as np

from codegen.ir import Operator, Tensor
from codegen.ir.ops import Lookup
from codegen.passes.rewriter import Rewriter, same_value_type


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Fuse or remove the lookup `op`."""
    if not isinstance(op, Lookup):
        return False
    table = op.table.value.view(np.uint8)
    if same_value_type(op.x, op.y) and np.array_equal(table, np.arange(256)):
        return rewriter.bypass(op)
    first = rewriter.producer(op.x)
    if not isinstance(first, Lookup) or not rewriter.feeds_only(op.x, op):
        return False
    both = op.table.value[first.table.value.view(np.uint8)]
    fused = Tensor(f"{op.name} table", (256,), op.y.dtype, op.y.quant, both)
    rewriter.replace(op, Lookup(inputs=[first.x, fused], outputs=op.outputs, name=op.name, source=op.source))
    rewriter.remove(first)
    return True
