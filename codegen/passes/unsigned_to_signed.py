"""Let uint8 layers compute on int8: the same real values, every number less 128.

    y = f(x)        uint8     ->   a = quantize(x);  b = f(a);  y = quantize(b)     a, b int8

A whole region at once: what passes between its operators is int8, and only the border is converted (a
byte table, which may fuse with others).  Uint8 weights lose their zero point and become int8, or int16
where nine bits are needed.  Operators that only move elements follow their neighbours; where no uint8 is
computed with, nothing changes.  Means keep the side to which they round ties.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import DType, Graph, Operator, Quantization, Tensor
from codegen.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    Copy,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    HardSwish,
    LeakyRelu,
    Logistic,
    LogSoftmax,
    Maximum,
    Mean,
    Minimum,
    Mul,
    Pad,
    Pool2D,
    PRelu,
    Quantize,
    Relu,
    Relu6,
    ReluN1To1,
    Reshape,
    ResizeNearest,
    Slice,
    Softmax,
    Split,
    Sub,
    Tanh,
    Transpose,
    TransposeConv,
)
from codegen.passes.rewriter import Rewriter
from codegen.reference.parameters import scale_products

HALF = 128
LINEAR = (Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv)
Linear = Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv
COMPUTING = (*LINEAR, Add, Sub, Mul, Maximum, Minimum, Pool2D, Mean, Softmax, LogSoftmax, PRelu)
"""Operators whose kernels are on int8."""
MOVING = (Concat, Copy, Dequantize, Pad, Quantize, Reshape, ResizeNearest, Slice, Split, Transpose)
TABLES = (Relu, Relu6, ReluN1To1, Logistic, Tanh, HardSwish, LeakyRelu)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Convert every region of uint8 of the graph, when `op` is part of one."""
    if not _computes(op):
        return False
    graph = rewriter.graph
    region = _region(graph)
    border = [t for t in (*graph.sources, *graph.sinks) if t in region]
    for each in graph.operators:
        if not _may_convert(each):
            border += [t for t in (*each.inputs, *each.outputs) if t is not None and t in region]
    signed = {t: _signed(t) for t in region}
    producers = graph.producers()
    for each in graph.operators:
        if _may_convert(each):
            _convert(each, signed)
    for tensor in dict.fromkeys(border):
        _bridge(graph, tensor, signed[tensor], producers.get(tensor))
    rewriter.changed()
    return True


def _computes(op: Operator) -> bool:
    """Whether `op` computes with uint8."""
    return isinstance(op, COMPUTING) and op.y.dtype is DType.UINT8


def _may_convert(op: Operator) -> bool:
    """Whether `op` has an int8 twin; floats far outside the range are quantised to what the zero point says."""
    if isinstance(op, Quantize) and op.x.dtype is DType.FLOAT32:
        return False
    return isinstance(op, (*COMPUTING, *MOVING, *TABLES))


def _region(graph: Graph) -> dict[Tensor, None]:
    """The uint8 tensors that computing operators touch, and those that are moved to or from them."""
    region = {t: None for op in graph.operators if _computes(op) for t in _activations(op)}
    size = -1
    while size != len(region):
        size = len(region)
        for op in graph.operators:
            if _may_convert(op) and any(t in region for t in _activations(op)):
                region.update(dict.fromkeys(_activations(op)))
    return region


def _activations(op: Operator) -> list[Tensor]:
    """Uint8 operands and results; not weights, whose zero point is taken off."""
    weights = op.weights if isinstance(op, LINEAR) else None
    return [t for t in (*op.inputs, *op.outputs) if t is not None and t.dtype is DType.UINT8 and t is not weights]


def _signed(tensor: Tensor) -> Tensor:
    """The int8 twin of a uint8 tensor."""
    quant = tensor.quant
    if quant is not None:
        quant = Quantization(quant.scales, tuple(z - HALF for z in quant.zero_points), quant.axis)
    data = None if tensor.data is None else (tensor.data ^ HALF).view(np.int8)
    return Tensor(tensor.name, tensor.shape, DType.INT8, quant, data)


def _convert(op: Operator, signed: dict[Tensor, Tensor]) -> None:
    """Let `op` read and write the twins."""
    converted = any(t in signed for t in _activations(op))
    weights = _centred(op) if isinstance(op, LINEAR) and op.weights.dtype is DType.UINT8 else None
    op.inputs = [t if t is None else signed.get(t, t) for t in op.inputs]
    op.outputs = [signed.get(t, t) for t in op.outputs]
    if not converted:
        return
    if isinstance(op, Pad):
        op.value -= HALF
    if isinstance(op, AveragePool2D):
        op.offset = HALF
    if weights is not None:
        op.inputs[1] = weights


def _centred(op: Linear) -> Tensor:
    """Uint8 weights without their zero point; their scales, times the input's, are the products of uint8 layers."""
    weights = op.weights
    assert weights.quant is not None
    assert op.x.quant is not None
    scales = tuple(product / op.x.quant.scale for product in scale_products(op))
    values = weights.value.astype(np.int16) - weights.quant.zero_point
    narrow = values.min(initial=0) >= -HALF and values.max(initial=0) < HALF
    dtype = DType.INT8 if narrow else DType.INT16
    quant = Quantization(scales, (0,) * len(scales), weights.quant.axis)
    return Tensor(weights.name, weights.shape, dtype, quant, values.astype(dtype.numpy))


def _bridge(graph: Graph, tensor: Tensor, twin: Tensor, producer: Operator | None) -> None:
    """Make the tensor from its twin where operators of the region write it, else the twin from the tensor."""
    if twin.is_constant:
        return
    inward = producer is None or tensor in producer.outputs
    x, y = (tensor, twin) if inward else (twin, tensor)
    step = Quantize(inputs=[x], outputs=[y], name=tensor.name, source="uint8 as int8")
    place = 0 if producer is None else graph.operators.index(producer) + 1
    graph.operators.insert(place, step)
