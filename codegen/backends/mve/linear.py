"""Layers with weights, int8, on Helium: blocks of four channels, weights line by line."""

from __future__ import annotations

import numpy as np

from codegen.backends.armv7em.pairs import is_short
from codegen.backends.candidate import Call, Candidate, Constant, Fields, RowsHeld, rowwise
from codegen.backends.portable.linear import (
    UNUSED_SCRATCH,
    Channels,
    blocked,
    channel_table,
    channels_of,
    fits_int8,
    geometry,
    sliding_call,
)
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.fixed_point import multiply_single_rounding
from codegen.reference.parameters import LinearParams

TILE = 4
"""Patches gathered together."""

FOURS_COMMENT = "[block] {bias[4], multiplier[4], add[4], shift[4]}, input offset folded in"


def conv_2d(op: Conv2D) -> list[Candidate]:
    """CONV_2D; a grouped one with one channel in and out per group is depthwise."""
    params, weights = parameters.linear(op), op.weights.value
    if op.groups == op.x.shape[3] == op.y.shape[3] and op.groups > 1:
        return _depthwise(op, weights.transpose(3, 1, 2, 0)[0], params)
    return _convolution(op, weights.reshape(weights.shape[0], -1), op.groups, params)


def depthwise_conv_2d(op: DepthwiseConv2D) -> list[Candidate]:
    """DEPTHWISE_CONV_2D; with a channel multiplier it is a convolution of one group per input channel."""
    params, weights = parameters.linear(op), op.weights.value[0]
    if op.multiplier == 1:
        return _depthwise(op, weights, params)
    return _convolution(op, weights.reshape(-1, weights.shape[2]).T, op.x.shape[3], params)


def _usable(c: Channels) -> bool:
    return is_short(c) and fits_int8(c.weights)


def _fours(c: Channels, groups: int) -> Constant:
    """genc_four of every block: the portable table, field by field."""
    table = blocked(channel_table(c), groups) * np.array([1, 1, 1, -1])
    return Constant("channels", np.ascontiguousarray(np.swapaxes(table, -2, -1), np.int32), FOURS_COMMENT)


def _convolution(op: Conv2D | DepthwiseConv2D, weights: Array, groups: int, params: LinearParams) -> list[Candidate]:
    """Candidate of a convolution with weights [O, taps of one group]."""
    channels, patch = channels_of(weights, params), weights.shape[1]
    if not _usable(channels):
        return []
    direct = op.kernel == (1, 1) and not any((*op.pad_h, *op.pad_w))
    lines = np.ascontiguousarray(blocked(channels.weights, groups), np.int8)
    fields: Fields = (
        *geometry(op),
        ("pad_value", params.x_zero),
        ("groups", groups),
        ("patch", patch),
        ("direct", int(direct)),
        ("low", params.low),
        ("high", params.high),
        ("weights_offset", 0),
        ("weights", Constant("weights", lines, "[group][block][4 channels][tap]")),
        ("channels", _fours(channels, groups)),
    )
    call = sliding_call(op, "genc_conv_s8_mve", fields, UNUSED_SCRATCH if direct else TILE * groups * patch)
    pixels, blocks = op.y.size // op.y.shape[3], lines.size // (4 * patch)
    gather = 0 if direct else pixels * (groups * op.kernel[0] * 60 + blocks * 20)
    cost = pixels * blocks * (-(-patch // 16) * 10 + 30) + gather
    return [Candidate(op, "mve", (call,), cost, "4 channels, 16 inputs" + ("" if direct else ", patches gathered"))]


def _depthwise(op: Conv2D | DepthwiseConv2D, weights: Array, params: LinearParams) -> list[Candidate]:
    """Candidate of a depthwise convolution with weights [KH, KW, C]."""
    kh, kw = op.kernel
    channels = channels_of(weights.reshape(kh * kw, -1).T, params)
    if not _usable(channels):
        return []
    window_w = op.stride[1] + (kw - 1) * op.dilation[1] + 1
    blocks = np.swapaxes(blocked(channels.weights, 1)[0], 1, 2)
    fields: Fields = (
        *geometry(op),
        ("pad_value", params.x_zero),
        ("window_w", window_w),
        ("low", params.low),
        ("high", params.high),
        ("weights", Constant("weights", np.ascontiguousarray(blocks, np.int8), "[block][tap][4 channels]")),
        ("channels", _fours(channels, 1)),
    )
    call = sliding_call(op, "genc_depthwise_s8_mve", fields, kh * window_w * op.x.shape[3])
    pairs = op.y.size // op.y.shape[3] / 2 * len(blocks)
    return [Candidate(op, "mve", (call,), pairs * (kh * (kw * 10 + 5) + 110), "4 channels of 2 pixels")]


def fully_connected(op: FullyConnected) -> list[Candidate]:
    """FULLY_CONNECTED, rounded once, when no result can leave int32 before the clamp."""
    params = parameters.linear(op)
    c = channels_of(op.weights.value, params)
    ends = [multiply_single_rounding(bound, c.multiplier, c.shift) + params.y_zero for bound in (c.low, c.high)]
    if not fits_int8(c.weights) or min(end.min() for end in ends) < -(2**31) or max(e.max() for e in ends) >= 2**31:
        return []
    outputs, depth = op.weights.value.shape
    rows = op.x.size // depth
    scales = np.stack([c.multiplier, 31 - c.shift], axis=1)
    alike = bool((scales == scales[0]).all())
    lines = np.ascontiguousarray(blocked(c.weights, 1)[0], np.int8)
    fields: Fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("outputs", outputs),
        ("out_rows_held", RowsHeld(1)),
        ("zero_point", params.y_zero),
        ("low", params.low),
        ("high", params.high),
        ("scale_step", 0 if alike else 2),
        ("weights", Constant("weights", lines, "[block][4 outputs][k]")),
        ("bias", Constant("bias", blocked(c.bias, 1).astype(np.int32), "input offset folded in")),
        ("scales", Constant("scales", (scales[:1] if alike else scales).astype(np.int32), "{multiplier, right shift}")),
    )
    call = Call("genc_fully_connected_s8_mve", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    cost = rows * (len(lines) * (-(-depth // 16) * 10 + 30) + outputs * 14)
    return [Candidate(op, "mve", (call,), cost, "4 outputs, 16 inputs")]
