"""Take out channels that have the same value for every input, and fold that value into the next bias.

    t = conv_2d(x)         channel k of t is always c      t = conv_2d(x)        without channel k
    u = depthwise(t)       channel k of u is always d  ->  u = depthwise(t)      without channel k
    y = conv_2d(u)                                         y = conv_2d(u)        bias + sum(w[k]) * (d - zero)

Between the convolution that makes a channel and the layers that end it (conv_2d, fully_connected) may
stand operators that treat channels apart: depthwise convolutions, pools, lookups, reshapes.  A layer with
padding ends a channel only where its value is the zero point, which is what padding is.  Interval
arithmetic (ranges.py) proves the values; one channel always stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from codegen.ir import Array, DType, Narrowed, Operator, Quantization, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Lookup, Pool2D, Reshape
from codegen.passes.ranges import Range, channel_ranges, is_padded
from codegen.passes.rewriter import Rewriter

Mask = npt.NDArray[np.bool_]


@dataclass
class Span:
    """A channel's life: the tensors that hold it, the operators between them, the layers that end it."""

    tensors: list[Tensor] = field(default_factory=list)
    between: list[Operator] = field(default_factory=list)
    ends: list[Conv2D | FullyConnected] = field(default_factory=list)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Remove the constant channels that the convolution `op` makes."""
    if not isinstance(op, Conv2D) or op.groups != 1 or op.y.dtype is not DType.INT8:
        return False
    span = find_span(op.y, rewriter)
    if span is None:
        return False
    ranges = rewriter.cached("ranges", channel_ranges)
    gone = removable(span, ranges)
    if not gone.any():
        return False
    for end in span.ends:
        fold(end, gone, ranges[end.x])
    kept = {t: narrowed(t, ~gone) for t in span.tensors}
    rewriter.graph.origins.update({kept[t]: Narrowed(t, ~gone, ranges[t].low) for t in span.tensors})
    narrower = {kept[t]: Range(ranges[t].low[~gone], ranges[t].high[~gone]) for t in span.tensors}
    select_outputs(op, ~gone, axis=0)
    for each in (op, *span.between, *span.ends):
        each.inputs = [t if t is None else kept.get(t, t) for t in each.inputs]
        each.outputs = [kept.get(t, t) for t in each.outputs]
        if isinstance(each, DepthwiseConv2D):
            select_outputs(each, ~gone, axis=3)
        if isinstance(each, Reshape):
            each.shape = each.y.shape
    rewriter.changed()
    rewriter.keep("ranges", {**ranges, **narrower})  # no value has changed
    return True


def find_span(first: Tensor, rewriter: Rewriter) -> Span | None:
    """Follow the channels of `first` to where they end; None when something on the way mixes or keeps them."""
    span, todo = Span(), [first]
    while todo:
        tensor = todo.pop()
        if rewriter.is_output(tensor) or not tensor.shape:
            return None
        span.tensors.append(tensor)
        for reader in rewriter.consumers(tensor):
            if ends_channels(reader, tensor):
                span.ends.append(reader)  # type: ignore[arg-type]
            elif keeps_channels(reader, tensor):
                span.between.append(reader)
                todo.append(reader.y)
            else:
                return None
    return span


def ends_channels(op: Operator, x: Tensor) -> bool:
    """True for layers that sum over the channels of `x`, in which a constant can be folded."""
    if op.y.dtype is not DType.INT8 or op.inputs[0] is not x or op.inputs.count(x) != 1:
        return False
    if isinstance(op, Conv2D):
        return op.groups == 1
    return isinstance(op, FullyConnected) and op.weights.shape[1] == x.shape[-1]


def keeps_channels(op: Operator, x: Tensor) -> bool:
    """True for operators whose output channel k depends on input channel k alone."""
    if op.activations != [x] or op.y.dtype is not DType.INT8 or x.shape[-1] != op.y.shape[-1:][0]:
        return False
    if isinstance(op, DepthwiseConv2D):
        return op.multiplier == 1
    return isinstance(op, Pool2D | Lookup | Reshape)


def removable(span: Span, ranges: dict[Tensor, Range]) -> Mask:
    """The channels that are constant in every tensor of the span and end well; never all of them."""
    gone: Mask = np.logical_and.reduce([ranges[t].constant for t in span.tensors])
    for end in span.ends:
        if isinstance(end, Conv2D) and is_padded(end):
            gone &= ranges[end.x].low == zero_point(end.x)
    if gone.all():
        gone[0] = False
    for end in span.ends:
        bias = folded_bias(end, gone, ranges[end.x])
        if bias.min() < -(2**31) or bias.max() >= 2**31:
            return np.zeros_like(gone)
    return gone


def zero_point(tensor: Tensor) -> int:
    """The zero point of an activation."""
    return tensor.quant.zero_point if tensor.quant else 0


def folded_bias(end: Conv2D | FullyConnected, gone: Mask, x: Range) -> npt.NDArray[np.int64]:
    """The bias of `end`, int64 [O], with what the removed channels always contribute."""
    weights = end.weights.value.astype(np.int64).reshape(end.y.shape[-1], -1, len(gone))
    value = np.where(gone, x.low - zero_point(end.x), 0)
    bias = 0 if end.bias is None else end.bias.value.astype(np.int64).reshape(-1)
    return np.asarray((weights * value).sum(axis=(1, 2)) + bias)


def fold(end: Conv2D | FullyConnected, gone: Mask, x: Range) -> None:
    """Give `end` the folded bias and take the channels out of its weights."""
    bias = folded_bias(end, gone, x).astype(np.int32)
    weights, old = end.weights, end.bias
    quant = old.quant if old else None
    narrow = np.ascontiguousarray(weights.value[..., ~gone])
    end.inputs[1] = Tensor(weights.name, narrow.shape, weights.dtype, weights.quant, narrow)
    end.inputs[2] = Tensor(old.name if old else f"{end.name} bias", bias.shape, DType.INT32, quant, bias)


def narrowed(tensor: Tensor, keep: Mask) -> Tensor:
    """An activation with fewer channels."""
    return Tensor(tensor.name, (*tensor.shape[:-1], int(keep.sum())), tensor.dtype, tensor.quant)


def select_outputs(op: Conv2D | DepthwiseConv2D, keep: Mask, axis: int) -> None:
    """Keep some output channels of a layer's weights [along `axis`], bias and scales."""
    op.inputs[1] = _select(op.weights, keep, axis)
    op.inputs[2] = None if op.bias is None else _select(op.bias, keep, 0)


def _select(tensor: Tensor, keep: Mask, axis: int) -> Tensor:
    data: Array = np.ascontiguousarray(np.compress(keep, tensor.value, axis))
    quant = tensor.quant
    if quant is not None and quant.per_channel:
        chosen = np.flatnonzero(keep)
        quant = Quantization(
            tuple(quant.scales[i] for i in chosen), tuple(quant.zero_points[i] for i in chosen), quant.axis
        )
    return Tensor(tensor.name, data.shape, tensor.dtype, quant, data)
