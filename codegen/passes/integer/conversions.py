"""Take out conversions that meet, or make them one.

    y = quantize(dequantize(x))                   ->   y = x, or y = quantize(x) where scale or zero point differ
    y = quantize(quantize(x, uint8))  x, y int8   ->   y = x, where both have the same real values and quantisation

A conversion between quantisations stays.
"""

from __future__ import annotations

from codegen.ir import DType, Operator
from codegen.ir.ops import Dequantize, Quantize, Reshape
from codegen.passes.integer.parts import quantize
from codegen.passes.rewriter import Rewriter, same_value_type

HALF = 128


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Skip what feeds the Quantize `op`."""
    producer = rewriter.producer(op.x) if isinstance(op, Quantize) else None
    if isinstance(producer, Dequantize):
        shortcut = producer.x.dtype is DType.INT8 and op.y.dtype is DType.INT8
    else:
        shortcut = isinstance(producer, Quantize) and _is_exact(producer) and same_value_type(producer.x, op.y)
    if producer is None or not shortcut:
        return False
    new: Operator = quantize(producer.x, op.y, op)
    if same_value_type(producer.x, op.y):
        new = Reshape(inputs=[producer.x], outputs=[op.y], shape=op.y.shape, name=op.name, source=op.source)
    elif new.violations():
        return False
    rewriter.replace(op, new)
    if isinstance(new, Reshape):
        rewriter.bypass(new)
    return True


def _is_exact(op: Quantize) -> bool:
    """Whether `op` turns int8 into the uint8 of the same real values."""
    x, y = op.x, op.y
    if x.dtype is not DType.INT8 or y.dtype is not DType.UINT8 or x.quant is None or y.quant is None:
        return False
    return x.quant.scale == y.quant.scale and x.quant.zero_point + HALF == y.quant.zero_point
