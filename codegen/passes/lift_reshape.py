"""Let a padding stand directly before the convolution that can do it.

    p = pad(x); r = reshape(p); y = conv_2d(r)    ->   r = pad(reshape(x)); y = conv_2d(r)

A sequence becomes an image of one row behind its padding (causal convolutions pad by an operator of their own).  Only
dimensions of 1 may come or go; passes/fuse_pad.py does the rest.
"""

from __future__ import annotations

from codegen.ir import Operator, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Pad, Reshape
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Exchange the reshape `op` with the Pad that feeds it."""
    pad = rewriter.producer(op.x) if isinstance(op, Reshape) else None
    if not isinstance(pad, Pad) or not rewriter.feeds_only(pad.y, op):
        return False
    if not any(isinstance(reader, Conv2D | DepthwiseConv2D) for reader in rewriter.consumers(op.y)):
        return False
    old, new = ([axis for axis, d in enumerate(t.shape) if d > 1] for t in (pad.y, op.y))
    if [pad.y.shape[axis] for axis in old] != [op.y.shape[axis] for axis in new]:
        return False
    pads, shape = [(0, 0)] * len(op.y.shape), list(op.y.shape)
    for source, target in zip(old, new, strict=True):
        pads[target] = pad.pads[source]
        shape[target] -= sum(pads[target])
    x = Tensor(pad.x.name, tuple(shape), pad.x.dtype, pad.x.quant)
    view = Reshape(inputs=[pad.x], outputs=[x], shape=x.shape, name=op.name, source=op.source)
    moved = Pad(inputs=[x], outputs=op.outputs, pads=tuple(pads), value=pad.value, name=pad.name, source=pad.source)
    rewriter.remove(op)
    rewriter.replace(pad, view, moved)
    return True
