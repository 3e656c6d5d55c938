"""Layers with weights, int8, on Helium: blocks of channels, weights in whole vectors."""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Fields, RowsHeld, rowwise
from codegen.backends.mve.patches import VECTOR, Patches
from codegen.backends.mve.windows import EIGHT, windows
from codegen.backends.portable.linear import (
    BLOCK,
    Channels,
    blocked,
    channel_table,
    channels_of,
    fits_int8,
    is_wide,
)
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.parameters import LinearParams

SPARE_BITS = 33
"""A shift of so many bits leaves nothing to round in the lower half of a product."""

CHANNEL_COMMENT = "{bias, multiplier, add, shift}, input offset folded in"


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


def _is_short(c: Channels) -> bool:
    """Whether every channel takes the short form of requantisation."""
    return bool((channel_table(c)[:, 3] > 0).all())


def vectors(lines: Array, lanes: int = VECTOR) -> Array:
    """[..., 4, K] -> [..., K/lanes, 4, lanes], lines filled up with zeros."""
    *blocks, four, depth = lines.shape
    filled = np.pad(lines, [(0, 0)] * (len(blocks) + 1) + [(0, -depth % lanes)])
    return np.ascontiguousarray(np.swapaxes(filled.reshape(*blocks, four, -1, lanes), -3, -2), np.int8)


def _limits(params: LinearParams) -> Fields:
    return ("low", params.low), ("high", params.high), ("clamped", int(params.low >= params.y_zero))


def _convolution(op: Conv2D | DepthwiseConv2D, weights: Array, groups: int, params: LinearParams) -> list[Candidate]:
    """Candidates of a convolution with weights [O, taps of one group]."""
    channels, patch = channels_of(weights, params), weights.shape[1]
    if not _is_short(channels) or is_wide(channels.weights):
        return []
    narrow = fits_int8(channels.weights)
    offset = 0 if narrow else int(channels.weights.min()) + 128
    packed = vectors(blocked(channels.weights - offset, groups))
    table = blocked(channel_table(channels) * np.array([1, 1, 1, -1], np.int32), groups)
    fours = np.ascontiguousarray(np.swapaxes(table, -2, -1), np.int32)
    constants: Fields = (
        *_limits(params),
        ("weights", Constant("weights", packed, "[group][block][tap/16][4 channels][16]")),
        ("channels", Constant("channels", fours, f"[group][block of 4] {CHANNEL_COMMENT}")),
    )
    loads = packed.size // (BLOCK * VECTOR)
    kernel = "genc_conv_s8_mve" if narrow else "genc_conv_s8_wide_mve"
    return Patches(kernel, groups, patch, len(weights), params.x_zero, constants, loads, offset).candidates(op)


def _eights(table: Array) -> Array:
    """[channels, ...] -> [blocks, 8, ...] with the even channels of a block first."""
    fill = [(0, -len(table) % EIGHT), *((0, 0) for _ in table.shape[1:])]
    blocks = np.pad(table, fill).reshape(-1, EIGHT // 2, 2, *table.shape[1:])
    return np.swapaxes(blocks, 1, 2).reshape(-1, EIGHT, *table.shape[1:])


def _depthwise(op: Conv2D | DepthwiseConv2D, weights: Array, params: LinearParams) -> list[Candidate]:
    """Candidates of a depthwise convolution with weights [KH, KW, C]."""
    (kh, kw), depth = op.kernel, op.y.shape[3]
    channels = channels_of(weights.reshape(kh * kw, -1).T, params)
    if not _is_short(channels) or is_wide(channels.weights):
        return []
    kernel, dtype = ("s8", np.int8) if fits_int8(channels.weights) else ("s8_wide", np.int16)
    taps = np.pad(channels.weights, [(0, -depth % EIGHT), (0, 0)]).reshape(-1, EIGHT, kh * kw)
    table = channel_table(channels) * np.array([1, 1, 1, -1], np.int32)
    eights = np.ascontiguousarray(np.swapaxes(_eights(table), 1, 2), np.int32)
    constants: Fields = (
        *_limits(params),
        ("weights", Constant("weights", np.ascontiguousarray(np.swapaxes(taps, 1, 2), dtype), "[block][tap][8]")),
        ("channels", Constant("channels", eights, f"[block of 8] {CHANNEL_COMMENT}; even, odd channels")),
    )
    return windows(op, f"genc_depthwise_{kernel}_mve", params.x_zero, constants)


def fully_connected(op: FullyConnected) -> list[Candidate]:
    """FULLY_CONNECTED, rounded once, when no intermediate result can leave int32."""
    params = parameters.linear(op)
    c = channels_of(op.weights.value, params)
    left = max(0, SPARE_BITS - 31 + int(c.shift.max()))
    right = 31 - c.shift + left - 32
    if not fits_int8(c.weights) or left > 30 or right.max() > 22:
        return []
    add = (np.int64(1) << (right - 1)) + (np.int64(params.y_zero) << right)
    sums = np.stack([c.low, c.high]) << left
    ends = ((sums * c.multiplier) >> 32) + add
    if max(abs(sums).max(), abs(ends).max()) >= 2**31:
        return []
    outputs, depth = op.weights.value.shape
    rows = op.x.size // depth
    scales = np.stack([c.multiplier, add, -right], axis=1)
    alike = bool((scales == scales[0]).all())
    fours = blocked(np.repeat(scales[:1], BLOCK, axis=0) if alike else scales, 1)[0]
    lines = vectors(blocked(c.weights, 1)[0])
    scale_comment = "[block of 4] {multiplier, add, shift}"
    fields: Fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("outputs", outputs),
        ("out_rows_held", RowsHeld(1)),
        ("left", left),
        ("low", params.low),
        ("high", params.high),
        ("scale_step", 0 if alike else 3 * BLOCK),
        ("weights", Constant("weights", lines, "[block][k/16][4 outputs][16]")),
        ("bias", Constant("bias", blocked(c.bias, 1).astype(np.int32), "input offset folded in")),
        ("scales", Constant("scales", np.ascontiguousarray(np.swapaxes(fours, 1, 2), np.int32), scale_comment)),
    )
    call = Call("genc_fully_connected_s8_mve", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    cost = rows * (lines.size / (BLOCK * VECTOR) * 10 + len(lines) * 50 + 70)
    return [Candidate(op, "mve", (call,), cost, "4 outputs, 16 inputs")]
