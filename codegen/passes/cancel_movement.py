"""Take out movement that moves nothing, and join what can be joined.

y = reshape(x)  same shape; pad by 0; slice of everything; split or concat of one; transpose in order   ->   x
y = reshape(reshape(x))                                   ->   y = reshape(x)
y = transpose(transpose(x, p), q)                         ->   y = transpose(x, p[q])
y = transpose(x) that only moves dimensions of size 1     ->   y = reshape(x)
"""

from __future__ import annotations

from codegen.ir import Activation, Operator
from codegen.ir.ops import Concat, Pad, Reshape, Slice, Split, Transpose
from codegen.passes.rewriter import Rewriter, same_value_type


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Cancel, join or simplify the movement `op`."""
    if not isinstance(op, Reshape | Pad | Slice | Split | Concat | Transpose):
        return False
    if moves_nothing(op) and not op.x.is_constant and same_value_type(op.x, op.y):
        return rewriter.bypass(op)
    if isinstance(op, Transpose) and keeps_order(op):
        view = Reshape(inputs=[op.x], outputs=op.outputs, shape=op.y.shape, name=op.name, source=op.source)
        rewriter.replace(op, view)
        return True
    return join(op, rewriter)


def moves_nothing(op: Operator) -> bool:
    """True when `op`'s only output has the bytes of its only input, in the same order and shape."""
    if len(op.outputs) != 1 or len([t for t in op.inputs if t is not None]) != 1:
        return False
    if isinstance(op, Concat) and op.activation is not Activation.NONE:
        return False
    if isinstance(op, Transpose):
        return op.perm == tuple(range(len(op.perm)))
    if isinstance(op, Slice):
        return op.x.shape == op.y.shape and all(
            stride > 0 or n == 1 for stride, n in zip(op.strides, op.size, strict=True)
        )
    return op.x.shape == op.y.shape


def keeps_order(op: Transpose) -> bool:
    """True when the dimensions larger than 1 stay in order: the bytes do not move."""
    moved = [axis for axis in op.perm if op.x.shape[axis] > 1]
    return moved == sorted(moved)


def join(op: Operator, rewriter: Rewriter) -> bool:
    """Merge `op` with a movement of its own kind in front of it."""
    first = rewriter.producer(op.x)
    if type(first) is not type(op) or not isinstance(op, Reshape | Transpose):
        return False
    if isinstance(op, Transpose) and isinstance(first, Transpose):
        op.perm = tuple(first.perm[axis] for axis in op.perm)
    op.inputs[0] = first.x
    rewriter.changed()
    return True
