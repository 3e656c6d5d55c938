"""y = quantize(average_pool_2d(dequantize(x)))  ->  y = average_pool_2d(x), where both have the same quantisation.

Else, without padding, y = depthwise_conv_2d(x, ones) with weights of scale 1 / window, which rounds once; with
padding the pool and a conversion, where that is off by one unit at most: the output is not finer than the input.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import Activation, DType, Operator, Quantization, Tensor
from codegen.ir.constraints import same_quant
from codegen.ir.ops import AveragePool2D, DepthwiseConv2D
from codegen.passes.integer.parts import between, put, quantize, stored, twin
from codegen.passes.rewriter import Rewriter


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Compute with stored numbers."""
    inner = between(op, rewriter)
    if not isinstance(inner, AveragePool2D) or inner.activation is not Activation.NONE:
        return False
    x, y = stored(inner.x, rewriter), op.y
    if x is None or x.quant is None or y.quant is None:
        return False
    if same_quant(x.quant, y.quant):
        return put(rewriter, op, twin(inner, [x], [y]))
    if not any((*inner.pad_h, *inner.pad_w)):
        return put(rewriter, op, _as_convolution(inner, x, y))
    if x.quant.scale > y.quant.scale:
        return False
    pooled = Tensor(f"{op.name} mean", inner.y.shape, DType.INT8, x.quant)
    return put(rewriter, op, twin(inner, [x], [pooled]), quantize(pooled, y, op))


def _as_convolution(inner: AveragePool2D, x: Tensor, y: Tensor) -> DepthwiseConv2D:
    kh, kw = inner.kernel
    shape = (1, kh, kw, x.shape[3])
    quant = Quantization((1 / (kh * kw),), (0,))
    ones = Tensor(f"{inner.name} ones", shape, DType.INT8, quant, np.ones(shape, np.int8))
    return DepthwiseConv2D(
        inputs=[x, ones, None], outputs=[y], stride=inner.stride, name=inner.name, source=inner.source
    )
