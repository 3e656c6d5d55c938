"""Let an element-wise operator work before a change of shape, beside the operator whose result it takes.

    r = reshape(conv(x)); y = relu(r)     ->   y = reshape(relu(conv(x)))

Sequences are images of one row: between their convolutions stand reshapes that keep activations from being fused
and meet their opposites once they have sunk.  Only dimensions of 1 may come or go.
"""

from __future__ import annotations

import copy

import numpy as np

from codegen.ir import Operator, Tensor
from codegen.ir.ops import Binary, PRelu, Reshape, Unary
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Move `op` before the reshapes of its operands."""
    if not isinstance(op, Unary | Binary | PRelu) or not op.activations:
        return False
    views = [rewriter.producer(t) for t in op.activations]
    if not all(isinstance(v, Reshape) and _keeps_rows(v) and not v.x.is_constant for v in views):
        return False
    shapes = {v.x.shape for v in views if v is not None}
    if len(shapes) != 1 or any(t.shape != op.y.shape for t in op.activations):
        return False
    (shape,) = shapes
    sources = {v.y: v.x for v in views if v is not None}
    constants = {t: _reshaped(t, op.y.shape, shape) for t in op.inputs if t is not None and t.is_constant}
    if None in constants.values():
        return False
    result = Tensor(op.y.name, shape, op.y.dtype, op.y.quant)
    twin = copy.copy(op)
    twin.inputs = [None if t is None else constants.get(t) or sources[t] for t in op.inputs]
    twin.outputs = [result]
    view = Reshape(inputs=[result], outputs=op.outputs, shape=op.y.shape, name=op.name, source=op.source)
    rewriter.replace(op, twin, view)
    return True


def _keeps_rows(view: Reshape) -> bool:
    """Whether only dimensions of 1 come or go."""
    return [d for d in view.x.shape if d > 1] == [d for d in view.y.shape if d > 1]


def _reshaped(constant: Tensor, old: tuple[int, ...], new: tuple[int, ...]) -> Tensor | None:
    """A constant operand, broadcast against `old`, for `new`, which differs in dimensions of 1."""
    full = (1,) * (len(old) - len(constant.shape)) + constant.shape
    sizes = iter(d for d, whole in zip(full, old, strict=True) if whole > 1)
    shape = tuple(next(sizes) if d > 1 else 1 for d in new)
    if constant.size != np.prod(shape):
        return None
    return Tensor(constant.name, shape, constant.dtype, constant.quant, constant.value.reshape(shape))
