"""y = quantize(conv_2d(dequantize(x), weights, bias))  ->  y = conv_2d(x, weights as stored, bias as int32).

Every layer with weights.  These are multiples of steps, one or one per output channel, as a Dequantize of a constant
left them; 9 bits (uint8 with a zero point) become int16.  A bias, float or stored, is a whole number of products of
the steps of x and weights, rounded.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import Activation, DType, Operator, Quantization, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from codegen.passes.integer.parts import between, on_grid, put, stored, twin
from codegen.passes.rewriter import Rewriter

LINEAR = (Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv)
Linear = Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Compute with stored numbers."""
    inner = between(op, rewriter)
    if not isinstance(inner, LINEAR) or inner.activation is not Activation.NONE:
        return False
    x, weights = stored(inner.x, rewriter), _weights(inner)
    if x is None or x.quant is None or weights is None or weights.quant is None:
        return False
    inputs: list[Tensor | None] = [x, weights, None]
    if inner.bias is not None:
        products = np.float64(x.quant.scale) * np.array(weights.quant.scales)
        numbers = np.rint(inner.bias.value.reshape(-1) / products)
        if not (np.abs(numbers) < 2**31).all():
            return False
        quant = Quantization(tuple(map(float, products)), (0,) * len(products), 0 if len(products) > 1 else None)
        inputs[2] = Tensor(inner.bias.name, numbers.shape, DType.INT32, quant, numbers.astype(np.int32))
    return put(rewriter, op, twin(inner, inputs, [op.y]))


def _weights(op: Linear) -> Tensor | None:
    """The weights as they were stored, less their zero point."""
    weights, axis = op.weights, op.channel_axis
    if not weights.is_constant or weights.dtype is not DType.FLOAT32:
        return None
    count = len(weights.steps)
    if count not in {1, weights.shape[axis]}:
        return None
    shape = [-1 if i == axis else 1 for i in range(len(weights.shape))]
    numbers = on_grid(weights.value, np.array(weights.steps, np.float32).reshape(shape))
    if numbers is None:
        return None
    dtype = DType.INT8 if numbers.min() >= -128 and numbers.max() <= 127 else DType.INT16
    quant = Quantization(weights.steps, (0,) * count, axis if count > 1 else None)
    return Tensor(weights.name, weights.shape, dtype, quant, numbers.astype(dtype.numpy))
