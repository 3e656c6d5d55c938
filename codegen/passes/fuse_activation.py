"""Let an operator clamp its own result.

    t = conv_2d(x)            (same scale and zero point as y, read by the relu only)
    y = relu(t)               ->   y = conv_2d(x, activation = relu)

For every operator with a fused activation that has none yet.  With equal quantisation the relu's own
requantisation is the identity, so the clamp is all it does.
"""

from __future__ import annotations

from codegen.ir import Activation, Operator
from codegen.ir.ops import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mul,
    Relu,
    Relu6,
    ReluN1To1,
    Sub,
    TransposeConv,
)
from codegen.passes.rewriter import Rewriter, same_value_type

ACTIVATIONS: dict[type[Operator], Activation] = {
    Relu: Activation.RELU,
    Relu6: Activation.RELU6,
    ReluN1To1: Activation.RELU_N1_TO_1,
}
PRODUCERS = (Conv2D, DepthwiseConv2D, TransposeConv, FullyConnected, Add, Sub, Mul, AveragePool2D, MaxPool2D)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Fuse the relu `op` into the operator that feeds it."""
    activation = ACTIVATIONS.get(type(op))
    if activation is None or not rewriter.feeds_only(op.x, op) or not same_value_type(op.x, op.y):
        return False
    producer = rewriter.producer(op.x)
    if not isinstance(producer, PRODUCERS) or producer.activation is not Activation.NONE:
        return False
    producer.activation = activation
    producer.outputs = [op.y]
    producer.name = op.name
    rewriter.remove(op)
    return True
