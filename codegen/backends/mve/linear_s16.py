"""Layers of int16 activations and int8 weights, on Helium: sums of 32 bits, eight inputs an instruction."""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Fields, RowsHeld, rowwise
from codegen.backends.mve.linear import vectors
from codegen.backends.mve.patches import Patches
from codegen.backends.mve.windows import windows
from codegen.backends.portable.linear import BLOCK, blocked
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.fixed_point import narrow_multiplier
from codegen.reference.parameters import LinearParams

VECTOR = 8
"""Inputs of a vector."""

LARGEST = 2**15
"""Magnitude of an input."""

OUTPUT = 26
"""Instructions of an output that is scaled in double."""


def conv_2d(op: Conv2D) -> list[Candidate]:
    """CONV_2D."""
    weights = op.weights.value
    return _convolution(op, weights.reshape(weights.shape[0], -1), op.groups)


def depthwise_conv_2d(op: DepthwiseConv2D) -> list[Candidate]:
    """DEPTHWISE_CONV_2D; with a channel multiplier it is a convolution of one group per input channel."""
    weights = op.weights.value[0]
    taps = weights.reshape(-1, weights.shape[2]).T
    return _depthwise(op, taps) if op.multiplier == 1 else _convolution(op, taps, op.x.shape[3])


def _fits(p: LinearParams, weights: Array) -> bool:
    """Whether no sum can leave 32 bits."""
    sums = abs(weights.astype(np.int64)).sum(axis=1) * LARGEST + abs(p.bias)
    return bool((sums < 2**31).all())


def _fours(p: LinearParams, weights: Array, groups: int) -> Array | None:
    """genc_four of every block, when the upper half of a product will do; else None."""
    right = 15 - p.shift.astype(np.int64) - 16
    if not (p.wide and _fits(p, weights) and right.min() >= 1 and right.max() <= 30):
        return None
    table = np.stack([p.bias, narrow_multiplier(p.multiplier) << 16, np.int64(1) << (right - 1), -right], axis=1)
    return np.ascontiguousarray(np.swapaxes(blocked(table, groups), -2, -1), np.int32)


def _constants(p: LinearParams, weights: Array, order: str, fours: Array) -> Fields:
    return (
        ("low", p.low),
        ("high", p.high),
        ("clamped", 0),
        ("weights", Constant("weights", weights, order)),
        ("channels", Constant("channels", fours, "[group][block of 4] {bias, multiplier, add, shift}")),
    )


def _convolution(op: Conv2D | DepthwiseConv2D, weights: Array, groups: int) -> list[Candidate]:
    """Candidates of a convolution with weights [O, taps of one group]."""
    p = parameters.linear(op)
    fours = _fours(p, weights, groups)
    if fours is None:
        return []
    packed, taps = vectors(blocked(weights, groups), VECTOR), weights.shape[1]
    constants = _constants(p, packed, "[group][block][tap/8][4 channels][8]", fours)
    loads = packed.size // (BLOCK * VECTOR)
    return Patches("genc_conv_s16_mve", groups, 2 * taps, len(weights), 0, constants, loads).candidates(op)


def _depthwise(op: DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """Candidates of a depthwise convolution with weights [C, taps]."""
    p = parameters.linear(op)
    fours = _fours(p, weights, 1)
    if fours is None:
        return []
    packed = np.ascontiguousarray(np.swapaxes(blocked(weights, 1)[0], 1, 2))
    return windows(op, "genc_depthwise_s16_mve", 0, _constants(p, packed, "[block][tap][4 channels]", fours))


def fully_connected(op: FullyConnected) -> list[Candidate]:
    """FULLY_CONNECTED, scaled in double as TFLite does."""
    p, weights = parameters.linear(op), op.weights.value
    if p.factor is None or not _fits(p, weights):
        return []
    outputs, depth = weights.shape
    rows = op.x.size // depth
    alike = bool((p.factor == p.factor[0]).all())
    packed = vectors(blocked(weights, 1)[0], VECTOR)
    fields: Fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("outputs", outputs),
        ("out_rows_held", RowsHeld(1)),
        ("low", p.low),
        ("high", p.high),
        ("factor_step", int(not alike)),
        ("weights", Constant("weights", packed, "[block][k/8][4 outputs][8]")),
        ("bias", Constant("bias", blocked(p.bias, 1).astype(np.int32), "[block][4]")),
        ("factors", Constant("factors", p.factor[:1] if alike else p.factor, "steps of the output", 8)),
    )
    io = (rowwise(op.x, rows, 2),), (rowwise(op.y, rows, 2),)
    call = Call("genc_fully_connected_s16_mve", fields, *io, rows)
    cost = rows * (packed.size / (BLOCK * VECTOR) * 10 + len(packed) * 30) + op.y.size * OUTPUT
    return [Candidate(op, "mve", (call,), cost, "4 outputs, 8 inputs, scaled in double")]
