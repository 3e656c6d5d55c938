"""Depthwise convolutions of different heights over channel groups of one tensor are one convolution.

a, b = split(x) along the channels
y = concat(depthwise(slice(a), k rows), depthwise(b, n rows))   ->   y = depthwise(x, n rows)

also of more pieces; slices cut rows.  Short kernels are filled up with taps of 0, which add nothing, so
that x is read where it lies: nothing is split, cut or joined (MixConv, as streaming networks have it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.ir import Activation, DType, Operator, Quantization, Tensor
from codegen.ir.ops import Concat, DepthwiseConv2D, Slice, Split
from codegen.passes.rewriter import Rewriter

CHANNELS = 3


@dataclass(frozen=True, eq=False)
class Piece:
    """One of the convolutions.

    Attributes:
        conv: the convolution.
        first: row of the whole tensor where its first window begins.
        group: what it reads, before rows are cut away.
    """

    conv: DepthwiseConv2D
    first: int
    group: Tensor


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Join the convolutions that feed the concatenation `op`."""
    if not isinstance(op, Concat) or op.axis != CHANNELS or op.activation is not Activation.NONE:
        return False
    pieces = [_piece(t, op, rewriter) for t in op.inputs]
    known = [piece for piece in pieces if piece is not None]
    split = rewriter.producer(known[0].group) if len(known) == len(pieces) > 1 else None
    if not isinstance(split, Split) or split.axis != CHANNELS or split.outputs != [p.group for p in known]:
        return False
    if not _alike([piece.conv for piece in known]):
        return False
    joined = _joined(op, split.x, known)
    extra_macs = joined[-1].macs() - sum(piece.conv.macs() for piece in known)
    if extra_macs > split.x.size:  # more work than the copies that it saves
        return False
    rewriter.replace(op, *joined)
    return True


def _piece(tensor: Tensor | None, op: Concat, rewriter: Rewriter) -> Piece | None:
    """The convolution that makes an input of the concatenation, for it alone and without padding."""
    conv = rewriter.producer(tensor) if tensor is not None else None
    if tensor is None or not isinstance(conv, DepthwiseConv2D) or not rewriter.feeds_only(tensor, op):
        return None
    if conv.y.dtype is not DType.INT8 or conv.multiplier != 1 or any((*conv.pad_h, *conv.pad_w)):
        return None
    cut = rewriter.producer(conv.x)
    if not isinstance(cut, Slice):
        return Piece(conv, 0, conv.x)
    rows_only = all(
        size == full for axis, (size, full) in enumerate(zip(cut.size, cut.x.shape, strict=True)) if axis != 1
    )
    if not rows_only or any(stride != 1 for stride in cut.strides):
        return None
    return Piece(conv, cut.begin[1], cut.x)


def _alike(convs: Sequence[DepthwiseConv2D]) -> bool:
    """True when they differ in height and numbers only."""
    facts = {
        (c.stride, c.dilation, c.activation, c.kernel[1], c.weights.dtype, c.bias is not None and c.bias.dtype)
        for c in convs
    }
    symmetric = all(c.weights.quant is not None and not any(c.weights.quant.zero_points) for c in convs)
    return len(facts) == 1 and symmetric


def _joined(op: Concat, x: Tensor, pieces: Sequence[Piece]) -> list[Operator]:
    """The convolution over all channels, behind a slice where its first row is not that of x."""
    one, top = pieces[0].conv, min(piece.first for piece in pieces)
    step = one.dilation[0] if all((p.first - top) % one.dilation[0] == 0 for p in pieces) else 1
    weights = _weights(op, pieces, top, step)
    rows = (op.y.shape[1] - 1) * one.stride[0] + (weights.shape[1] - 1) * step + 1
    cut, before = _rows(op, x, top, rows)
    whole = DepthwiseConv2D(
        inputs=[cut, weights, _bias(op, [piece.conv for piece in pieces])],
        outputs=op.outputs,
        name=op.name,
        source=one.source,
        stride=one.stride,
        dilation=(step, one.dilation[1]),
        activation=one.activation,
    )
    return [*before, whole]


def _weights(op: Concat, pieces: Sequence[Piece], top: int, step: int) -> Tensor:
    """All taps, `step` rows apart, where each kernel has them below row `top`; 0 elsewhere."""
    spread = pieces[0].conv.dilation[0] // step
    starts = [(piece.first - top) // step for piece in pieces]
    ends = [s + (p.conv.kernel[0] - 1) * spread + 1 for s, p in zip(starts, pieces, strict=True)]
    groups = []
    for piece, start, end in zip(pieces, starts, ends, strict=True):
        taps = piece.conv.weights.value
        group = np.zeros((1, max(ends), *taps.shape[2:]), taps.dtype)
        group[:, start:end:spread] = taps
        groups.append(group)
    tensors = [piece.conv.weights for piece in pieces]
    data = np.concatenate(groups, axis=CHANNELS)
    return Tensor(f"{op.name} weights", data.shape, tensors[0].dtype, _per_channel(tensors, CHANNELS), data)


def _bias(op: Concat, convs: Sequence[DepthwiseConv2D]) -> Tensor | None:
    """The biases of all channels."""
    biases = [conv.bias for conv in convs if conv.bias is not None]
    if not biases:
        return None
    data = np.concatenate([tensor.value for tensor in biases])
    quant = _per_channel(biases, 0) if all(tensor.quant for tensor in biases) else None
    return Tensor(f"{op.name} bias", data.shape, biases[0].dtype, quant, data)


def _per_channel(tensors: Sequence[Tensor], axis: int) -> Quantization:
    """The scales of all channels of tensors that are joined along `axis`."""
    scales: list[float] = []
    for tensor in tensors:
        assert tensor.quant is not None
        count = tensor.shape[axis]
        scales += tensor.quant.scales if tensor.quant.per_channel else [tensor.quant.scale] * count
    return Quantization(tuple(scales), (0,) * len(scales), axis)


def _rows(op: Concat, x: Tensor, top: int, count: int) -> tuple[Tensor, list[Operator]]:
    """Rows [top, top + count) of x, and the operator that cuts them when they are not all."""
    if (top, count) == (0, x.shape[1]):
        return x, []
    shape = (x.shape[0], count, *x.shape[2:])
    cut = Tensor(f"{op.name} rows", shape, x.dtype, x.quant)
    begin = (0, top, 0, 0)
    return cut, [
        Slice(inputs=[x], outputs=[cut], begin=begin, size=shape, strides=(1,) * 4, name=op.name, source=op.source)
    ]
