"""Let a matrix product take its operands in the order they are held in.

    t = transpose(x); r = reshape(t)
    y = fully_connected(r, w)         ->   y = fully_connected(reshape(x), w with its columns reordered)

    t = transpose(x, last two axes)
    y = batch_matmul(a, t)            ->   y = batch_matmul(a, x, adj_y)

So a flattened image in NHWC meets weights trained on NCHW, and queries meet keys.
"""

from __future__ import annotations

import math

import numpy as np

from codegen.ir import Operator, Tensor
from codegen.ir.ops import BatchMatMul, FullyConnected, Reshape, Transpose
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Absorb a transpose in front of `op`."""
    if isinstance(op, BatchMatMul):
        return _into_product(op, rewriter)
    return isinstance(op, FullyConnected) and op.weights.is_constant and _into_weights(op, rewriter)


def _into_product(op: BatchMatMul, rewriter: Rewriter) -> bool:
    """Read an operand that is transposed first with rows and columns exchanged."""
    for index, flag in enumerate(("adj_x", "adj_y")):
        moved = rewriter.producer(op.operand(index))
        rank = len(op.operand(index).shape)
        if isinstance(moved, Transpose) and moved.perm == (*range(rank - 2), rank - 1, rank - 2):
            op.inputs[index] = moved.x
            setattr(op, flag, not getattr(op, flag))
            rewriter.changed()
            return True
    return False


def _into_weights(op: FullyConnected, rewriter: Rewriter) -> bool:
    """Absorb the transpose behind a reshape."""
    view = rewriter.producer(op.x)
    moved = rewriter.producer(view.x) if isinstance(view, Reshape) else None
    if not isinstance(view, Reshape) or not isinstance(moved, Transpose):
        return False
    weights = _reordered(op.weights, moved)
    if weights is None:
        return False
    x = Tensor(view.y.name, view.y.shape, view.y.dtype, view.y.quant)
    rewriter.graph.operators.insert(
        rewriter.graph.operators.index(op),
        Reshape(inputs=[moved.x], outputs=[x], shape=x.shape, name=view.name, source=view.source),
    )
    op.inputs[:2] = [x, weights]
    rewriter.changed()
    return True


def _reordered(weights: Tensor, moved: Transpose) -> Tensor | None:
    """Weights [O, K] whose columns follow the order before the transpose; None when rows are mixed with columns."""
    outputs, depth = weights.shape
    shape, perm = moved.y.shape, moved.perm
    first = next((i for i in range(len(shape) + 1) if math.prod(shape[i:]) == depth), None)
    if first is None:
        return None
    columns = [axis for axis in perm[first:] if moved.x.shape[axis] > 1]
    rows = [axis for axis in perm[:first] if moved.x.shape[axis] > 1]
    if [*rows, *sorted(columns)] != sorted([*rows, *columns]):
        return None
    order = [columns.index(axis) for axis in sorted(columns)]
    cube = weights.value.reshape(outputs, *(moved.x.shape[axis] for axis in columns))
    data = np.ascontiguousarray(cube.transpose(0, *(1 + i for i in order)).reshape(outputs, depth))
    return Tensor(weights.name, weights.shape, weights.dtype, weights.quant, data)
