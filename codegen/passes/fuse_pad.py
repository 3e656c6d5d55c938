"""Let the convolution do the padding in front of it.

    p = pad(x, rows and columns, value = zero point of x and p)
    y = conv_2d(p)            ->   y = conv_2d(x, padding enlarged)

Also for depthwise_conv_2d.  Not for pooling, whose windows are clipped and do not count padding.
"""

from __future__ import annotations

from codegen.ir import Operator
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Pad
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Fuse the Pad that feeds `op`; the Pad itself dies when this was its last reader."""
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        return False
    pad = rewriter.producer(op.x)
    if not isinstance(pad, Pad) or len(pad.pads) != 4:
        return False
    batch, rows, columns, channels = pad.pads
    zero_point = op.x.quant.zero_point if op.x.quant else 0
    if pad.x.quant != op.x.quant or pad.value != zero_point:
        return False
    if batch != (0, 0) or channels != (0, 0) or min(*rows, *columns) < 0:
        return False
    op.pad_h = (op.pad_h[0] + rows[0], op.pad_h[1] + rows[1])
    op.pad_w = (op.pad_w[0] + columns[0], op.pad_w[1] + columns[1])
    op.inputs[0] = pad.x
    rewriter.changed()
    return True
