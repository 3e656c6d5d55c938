"""Let uint8 activations between conversions be int8: the same real values, every number less 128.

    q = quantize(x);  y = dequantize(q)     uint8     ->   q' = quantize(x)  int8;  y = dequantize(q')

A uint8 tensor that the user reads or writes is converted, exactly.
"""

from __future__ import annotations

from codegen.ir import DType, Operator, Quantization, Tensor
from codegen.ir.ops import Dequantize, Quantize
from codegen.passes.integer.parts import quantize
from codegen.passes.rewriter import Rewriter

HALF = 128


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Convert the uint8 side of `op`."""
    if isinstance(op, Dequantize) and op.x.dtype is DType.UINT8 and rewriter.consumers(op.y):
        return _read(op, rewriter)
    if isinstance(op, Quantize) and op.y.dtype is DType.UINT8 and op.x.dtype is DType.FLOAT32:
        return _written(op, rewriter)
    return False


def signed(tensor: Tensor) -> Tensor:
    """The int8 tensor of the same real values."""
    assert tensor.quant is not None
    quant = Quantization(tensor.quant.scales, tuple(z - HALF for z in tensor.quant.zero_points))
    return Tensor(tensor.name, tensor.shape, DType.INT8, quant)


def _read(op: Dequantize, rewriter: Rewriter) -> bool:
    twin = signed(op.x)
    conversion = quantize(op.x, twin, op)
    op.inputs = [twin]
    rewriter.replace(op, conversion, op)
    return True


def _written(op: Quantize, rewriter: Rewriter) -> bool:
    """Where the float comes from a layer, or nobody but the layers reads the bytes."""
    if rewriter.producer(op.x) is None and rewriter.is_output(op.y):
        return False
    twin, y = signed(op.y), op.y
    op.outputs = [twin]
    rewriter.replace(op, op, quantize(twin, y, op))
    return True
