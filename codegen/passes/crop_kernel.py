"""Leave out the rows and columns of a kernel that see nothing but padding.

    y = conv_2d(x, kernel 7x7, padding 3), x 3x3   ->   y = conv_2d(x, kernel 5x5, padding 2)

Also for depthwise_conv_2d.  Padding is the zero point: its products are zero.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import Operator, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Crop the kernel of `op` at its borders."""
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        return False
    rows, columns = (_needed(op, axis) for axis in (0, 1))
    kernel = rows.stop - rows.start, columns.stop - columns.start
    if kernel == op.kernel:
        return False
    (kh, kw), (dh, dw) = op.kernel, op.dilation
    w = op.weights
    data = np.ascontiguousarray(w.value[:, rows, columns])
    op.inputs[1] = Tensor(w.name, data.shape, w.dtype, w.quant, data, nibbles=w.nibbles)
    op.pad_h = op.pad_h[0] - rows.start * dh, op.pad_h[1] - (kh - rows.stop) * dh
    op.pad_w = op.pad_w[0] - columns.start * dw, op.pad_w[1] - (kw - columns.stop) * dw
    rewriter.changed()
    return True


def _needed(op: Conv2D | DepthwiseConv2D, axis: int) -> slice:
    """The taps from the first to the last one that an output sees inside the image; no padding becomes negative."""
    size, outputs, kernel = op.x.shape[1 + axis], op.y.shape[1 + axis], op.kernel[axis]
    stride, dilation, pads = op.stride[axis], op.dilation[axis], (op.pad_h, op.pad_w)[axis]
    places = np.arange(outputs)[:, None] * stride - pads[0] + np.arange(kernel) * dilation
    seen = np.flatnonzero(((places >= 0) & (places < size)).any(axis=0))
    if not len(seen):
        return slice(0, kernel)
    before, after = int(seen[0]), kernel - 1 - int(seen[-1])
    return slice(min(before, pads[0] // dilation), kernel - min(after, pads[1] // dilation))
