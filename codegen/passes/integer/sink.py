"""Let Dequantize sink below operators that move or compare numbers.

    y = transpose(dequantize(x))      ->   y = dequantize(transpose(x))

likewise reshape, slice, gather, pad (with a value that is a stored number), split, max pool, maximum of axes, resize
nearest.
"""

from __future__ import annotations

from codegen.ir import DType, Operator, Tensor
from codegen.ir.ops import (
    BroadcastTo,
    Dequantize,
    Gather,
    GatherNd,
    MaxPool2D,
    Pad,
    ReduceMax,
    ReduceMin,
    Reshape,
    ResizeNearest,
    Slice,
    Split,
    Transpose,
)
from codegen.passes.integer.parts import stored, twin
from codegen.passes.rewriter import Rewriter

MOVING = (
    BroadcastTo,
    Gather,
    GatherNd,
    MaxPool2D,
    Pad,
    ReduceMax,
    ReduceMin,
    Reshape,
    ResizeNearest,
    Slice,
    Split,
    Transpose,
)
"""Operators whose results are elements of the first input."""


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Let `op` move stored numbers."""
    if not isinstance(op, MOVING) or op.x.is_constant or op.x.dtype is not DType.FLOAT32:
        return False
    x = stored(op.x, rewriter)
    if x is None or x.quant is None:
        return False
    held = [Tensor(t.name, t.shape, x.dtype, x.quant) for t in op.outputs]
    moved = twin(op, [x, *op.inputs[1:]], held)
    if isinstance(moved, Pad):
        value = moved.value / x.quant.scale + x.quant.zero_point
        if value != round(value) or not -128 <= value <= 127:
            return False
        moved.value = round(value)
    if moved.violations():
        return False
    back = [
        Dequantize(inputs=[t], outputs=[y], name=op.name, source=op.source)
        for t, y in zip(held, op.outputs, strict=True)
    ]
    rewriter.replace(op, moved, *back)
    return True
