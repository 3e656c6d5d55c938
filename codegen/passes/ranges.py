"""What values a channel can take, for every input there is: interval arithmetic over the int8 graph.

Exact integer bounds, layer by layer, from weights, biases and requantisation; padding counts as a
value where there is padding.  Channels are the last axis.  An operator without a rule gives the
full range of its type, so the analysis is always sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.ir import Array, DType, Graph, Operator, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Lookup, Pad, Pool2D, Reshape
from codegen.reference import parameters
from codegen.reference.fixed_point import multiply_double_rounding, multiply_single_rounding

Int64 = npt.NDArray[np.int64]
INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True, eq=False)
class Range:
    """Smallest and largest quantised value of each channel, int64 [C]."""

    low: Int64
    high: Int64

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """The channels that have one value only, bool [C]."""
        return np.equal(self.low, self.high)


def channel_ranges(graph: Graph) -> dict[Tensor, Range]:
    """The range of every int8 activation of the graph."""
    ranges: dict[Tensor, Range] = {}
    for op in graph.operators:
        rule = next((r for kind, r in RULES.items() if isinstance(op, kind)), None)
        x = op.activations[0] if op.activations else None
        usable = rule and x is not None and x is op.inputs[0] and all(t.dtype is DType.INT8 for t in (x, op.y))
        found = rule(op, ranges.get(x) or full_range(x)) if rule and x is not None and usable else None
        ranges.update({t: full_range(t) for t in op.outputs if t.dtype is DType.INT8 and t.shape})
        if found is not None and op.y.shape:
            ranges[op.y] = found
    return ranges


def full_range(tensor: Tensor) -> Range:
    """Every value of the type."""
    channels = tensor.shape[-1] if tensor.shape else 1
    low, high = tensor.dtype.limits
    return Range(np.full(channels, low, np.int64), np.full(channels, high, np.int64))


def _sums(weights: Array, x: Range, zero: int, *, padded: bool) -> tuple[Int64, Int64]:
    """Bounds of sum((x - zero) * w) over weights [O, taps, C] or [O, taps, 1]; padding contributes 0."""
    low, high = x.low - zero, x.high - zero
    if padded:
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    positive = np.maximum(weights, 0).sum(axis=1)
    negative = np.minimum(weights, 0).sum(axis=1)
    return (positive * low + negative * high).sum(axis=1), (positive * high + negative * low).sum(axis=1)


def _requantized(op: Conv2D | DepthwiseConv2D | FullyConnected, low: Int64, high: Int64) -> Range | None:
    """The bytes that accumulators without bias in [low, high] become; None where they could wrap."""
    p = parameters.linear(op)
    low, high = low + p.bias, high + p.bias
    left = np.maximum(p.shift.astype(np.int64), 0)
    if (low << left).min() < INT32[0] or (high << left).max() > INT32[1] or p.multiplier.min() < 0:
        return None
    multiply = multiply_single_rounding if p.single_rounding else multiply_double_rounding
    ends = [np.clip(multiply(sums, p.multiplier, p.shift) + p.y_zero, p.low, p.high) for sums in (low, high)]
    return Range(ends[0], ends[1])


def is_padded(op: Conv2D | DepthwiseConv2D) -> bool:
    """True when some window reaches over the border of the image."""
    return any((*op.pad_h, *op.pad_w))


def _conv_2d(op: Conv2D, x: Range) -> Range | None:
    if op.groups != 1:
        return None
    weights = op.weights.value.astype(np.int64).reshape(op.y.shape[3], -1, op.x.shape[3])
    zero = parameters.linear(op).x_zero
    return _requantized(op, *_sums(weights, x, zero, padded=is_padded(op)))


def _depthwise_conv_2d(op: DepthwiseConv2D, x: Range) -> Range | None:
    weights = op.weights.value.astype(np.int64).reshape(-1, op.y.shape[3]).T[:, :, None]
    repeated = Range(np.repeat(x.low, op.multiplier), np.repeat(x.high, op.multiplier))
    zero = parameters.linear(op).x_zero
    each = Range(repeated.low[:, None], repeated.high[:, None])
    return _requantized(op, *_sums(weights, each, zero, padded=is_padded(op)))


def _fully_connected(op: FullyConnected, x: Range) -> Range | None:
    depth = op.weights.shape[1]
    if depth % len(x.low):
        return None
    copies = depth // len(x.low)
    tiled = Range(np.tile(x.low, copies), np.tile(x.high, copies))
    weights = op.weights.value.astype(np.int64)[:, None, :]
    return _requantized(op, *_sums(weights, tiled, parameters.linear(op).x_zero, padded=False))


def _pool_2d(op: Pool2D, x: Range) -> Range:
    p = parameters.pool(op)
    return Range(np.clip(x.low, p.low, p.high), np.clip(x.high, p.low, p.high))


def _reshape(op: Reshape, x: Range) -> Range | None:
    channels = op.y.shape[-1] if op.y.shape else 1
    if channels % len(x.low):
        return None
    return Range(np.tile(x.low, channels // len(x.low)), np.tile(x.high, channels // len(x.low)))


def _lookup(op: Lookup, x: Range) -> Range:
    table = np.roll(op.table.value.astype(np.int64), 128)  # from the bytes' order to that of int8
    reached = [table[low + 128 : high + 129] for low, high in zip(x.low, x.high, strict=True)]
    return Range(np.array([r.min() for r in reached]), np.array([r.max() for r in reached]))


def _pad(op: Pad, x: Range) -> Range | None:
    if op.pads[-1] != (0, 0):
        return None
    value = int(op.value)
    return Range(np.minimum(x.low, value), np.maximum(x.high, value))


RULES: dict[type[Operator], Callable[[Any, Range], Range | None]] = {
    Conv2D: _conv_2d,
    DepthwiseConv2D: _depthwise_conv_2d,
    FullyConnected: _fully_connected,
    Pool2D: _pool_2d,
    Reshape: _reshape,
    Lookup: _lookup,
    Pad: _pad,
}
"""Bounds of an operator's result from those of its first input."""
