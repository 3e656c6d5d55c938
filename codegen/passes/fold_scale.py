"""Put what follows a layer with weights, channel by channel, into its weights: float32, batch normalisation above all.

    t = conv_2d(x, w, b); y = t * c       ->   y = conv_2d(x, w * c, b * c)
    t = conv_2d(x, w, b); y = t + c       ->   y = conv_2d(x, w, b + c)

c is a constant with one value, or one per channel.  Products are rounded to float32 once more or once less: results
stay within rounding, not bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from codegen.ir import Activation, Array, DType, Operator, Tensor
from codegen.ir.ops import Add, Binary, Conv2D, DepthwiseConv2D, Div, FullyConnected, Mul, Sub, TransposeConv
from codegen.passes.rewriter import Rewriter

LAYERS = (Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv)
Affine = Callable[[Array], tuple[Array, Array]]

FACTORS: dict[type[Operator], Affine] = {
    Add: lambda c: (np.ones_like(c), c),
    Sub: lambda c: (np.ones_like(c), -c),
    Mul: lambda c: (c, np.zeros_like(c)),
    Div: lambda c: (1 / c, np.zeros_like(c)),
}
"""What each operator with a constant second operand does: factor and addend."""
COMMUTES = (Add, Mul)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Fold `op` into the layer that feeds it."""
    if type(op) not in FACTORS or not isinstance(op, Binary) or op.y.dtype is not DType.FLOAT32:
        return False
    operands = _operands(op)
    layer = rewriter.producer(operands[0]) if operands else None
    if operands is None or not isinstance(layer, LAYERS) or not _takes(layer, op, rewriter):
        return False
    channels = layer.y.shape[-1]
    constant = _per_channel(operands[1], layer.y, op.y)
    if constant is None:
        return False
    with np.errstate(all="ignore"):
        factor, addend = FACTORS[type(op)](constant.astype(np.float64))
    shape = [-1 if axis == layer.channel_axis else 1 for axis in range(len(layer.weights.shape))]
    weights = (layer.weights.value * factor.reshape(shape)).astype(np.float32)
    bias = np.zeros(channels) if layer.bias is None else layer.bias.value.reshape(-1).astype(np.float64)
    bias = (bias * factor + addend).astype(np.float32)
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        return False
    w = layer.weights
    layer.inputs[1:] = [
        Tensor(w.name, w.shape, w.dtype, None, weights),
        Tensor(f"{layer.name}/bias", (channels,), DType.FLOAT32, None, bias),
    ]
    layer.outputs, layer.name, layer.activation = [op.y], op.name, op.activation
    rewriter.remove(op)
    return True


def _operands(op: Binary) -> tuple[Tensor, Tensor] | None:
    """The computed and the constant operand."""
    a, b = op.x, op.other
    if b.is_constant and not a.is_constant:
        return a, b
    return (b, a) if a.is_constant and not b.is_constant and isinstance(op, COMMUTES) else None


def _takes(layer: Operator, op: Operator, rewriter: Rewriter) -> bool:
    """Whether nobody else sees the layer's result, and nothing else is fused with it."""
    assert isinstance(layer, LAYERS)
    plain = layer.activation is Activation.NONE and layer.weights.dtype is DType.FLOAT32 and layer.weights.is_constant
    return plain and layer.y.shape == op.y.shape and rewriter.feeds_only(layer.y, op)


def _per_channel(constant: Tensor, x: Tensor, y: Tensor) -> Array | None:
    """The constant as one value per channel; None when it varies along another axis."""
    full = (1,) * (len(x.shape) - len(constant.shape)) + constant.shape
    if x.shape != y.shape or len(full) != len(x.shape) or any(d > 1 for d in full[:-1]):
        return None
    return np.broadcast_to(constant.value.reshape(-1), (x.shape[-1],))
