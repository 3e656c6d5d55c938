"""Let sequences run along the height, so that they can be taken row by row.

    y = conv_2d(x [N, 1, T, C], kernel 1 x K)  ->  y = reshape(conv_2d(reshape(x) [N, T, 1, C], kernel K x 1))

Also for depthwise_conv_2d and pools.  TFLite writes one-dimensional networks as images of one row.  Not among the
passes that always run: kernels are faster along a row.
"""

from __future__ import annotations

import copy

from codegen.ir import Operator, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Pool2D, Reshape
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Turn a window over an image of one row."""
    if not isinstance(op, Conv2D | DepthwiseConv2D | Pool2D) or op.x.shape[1] != 1 or op.x.shape[2] == 1:
        return False
    if op.kernel[0] != 1 or op.y.shape[1] != 1 or op.pad_h != (0, 0) or op.x.is_constant:
        return False
    upright = copy.copy(op)
    upright.inputs, upright.outputs = list(op.inputs), [_turned(op.y)]
    upright.inputs[0] = _turned(op.x)
    upright.stride, upright.pad_h, upright.pad_w = op.stride[::-1], op.pad_w, op.pad_h
    if isinstance(upright, Conv2D | DepthwiseConv2D):
        weights = _turned(upright.weights)
        weights.data = upright.weights.value.reshape(weights.shape)
        upright.inputs[1] = weights
        upright.dilation = upright.dilation[::-1]
    else:
        upright.kernel = op.kernel[::-1]
    before, after = (
        Reshape(inputs=[x], outputs=[y], shape=y.shape, name=op.name, source=op.source)
        for x, y in ((op.x, upright.x), (upright.y, op.y))
    )
    rewriter.replace(op, before, upright, after)
    return True


def _turned(tensor: Tensor) -> Tensor:
    """The same bytes with rows and columns exchanged, one of which is 1."""
    batch, rows, columns, channels = tensor.shape
    return Tensor(tensor.name, (batch, columns, rows, channels), tensor.dtype, tensor.quant)
