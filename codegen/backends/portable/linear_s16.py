"""Layers of int16 activations and int8 weights (runtime_c/portable/linear/genc_linear_s16.h)."""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, rowwise
from codegen.backends.candidate import RowsHeld as Held
from codegen.backends.portable.linear import blocked, geometry, sliding_call
from codegen.backends.portable.rows import only
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.fixed_point import narrow_multiplier
from codegen.reference.parameters import LinearParams

MAC = 4.0
OUTPUT = 60.0
"""Estimated instructions of a multiply-accumulate, and from accumulator to output."""

MAC_DSP, OUTPUT_DSP = 2.5, 90.0
"""The same where sums are made of int16 lanes, two elements at a time."""

STRETCH = 504
"""Most elements of a depthwise kernel whose sum cannot leave 32 bits."""

SUM_32 = 64
"""Taken from the shift of a channel whose accumulator has 32 bits."""

CHANNEL_COMMENT = "[channel] {bias, low and high half; multiplier; shift}"


def channel_table(p: LinearParams) -> Array:
    """int32 [O, 4]: what genc_linear_s16.h needs to turn an accumulator into an output."""
    low, high = p.bias.astype(np.uint64) & 0xFFFFFFFF, p.bias >> 32
    multiplier: Array = narrow_multiplier(p.multiplier) if p.wide else p.multiplier
    shift = 15 - p.shift if p.wide else p.shift - SUM_32
    columns: list[Array] = [low.astype(np.uint32).view(np.int32), high.astype(np.int32), multiplier, shift]
    return np.stack(columns, axis=1).astype(np.int32)


def packed(weights: Array, groups: int) -> Constant:
    """Weights [O, K] as [group][block][K][4], int8."""
    swapped = np.swapaxes(blocked(weights, groups), 2, 3)
    return Constant("weights", np.ascontiguousarray(swapped), "[group][block][tap][4 channels]")


def conv_2d(op: Conv2D, core: Core) -> list[Candidate]:
    """CONV_2D."""
    weights = op.weights.value
    return _convolution(op, core, weights.reshape(weights.shape[0], -1), op.groups)


def depthwise_conv_2d(op: DepthwiseConv2D, core: Core) -> list[Candidate]:
    """DEPTHWISE_CONV_2D; with a channel multiplier or a huge kernel a convolution of one group per input channel."""
    weights = op.weights.value[0]
    taps = weights.reshape(-1, weights.shape[2]).T
    if op.multiplier == 1 and taps.shape[1] <= STRETCH:
        return _depthwise(op, taps)
    return _convolution(op, core, taps, op.x.shape[3])


def _convolution(op: Conv2D | DepthwiseConv2D, core: Core, weights: Array, groups: int) -> list[Candidate]:
    """Candidate of a convolution with weights [O, taps of one group]."""
    p = parameters.linear(op)
    direct = op.kernel == (1, 1) and not any((*op.pad_h, *op.pad_w))
    fields: Fields = (
        *geometry(op),
        ("pad_value", 0),
        ("groups", groups),
        ("patch", 2 * weights.shape[1]),
        ("direct", int(direct)),
        ("low", p.low),
        ("high", p.high),
        ("weights_offset", 0),
        ("weights", packed(weights, groups)),
        ("channels", Constant("channels", blocked(channel_table(p), groups), CHANNEL_COMMENT)),
    )
    call = sliding_call(op, "genc_conv_s16", fields, 2 * groups * weights.shape[1], align=2)
    mac, output = (MAC_DSP, OUTPUT_DSP) if "dsp" in core.features else (MAC, OUTPUT)
    return only(op, call, op.macs() * mac + op.y.size * output, "4 channels of a pixel, sums of 64 bits")


def _depthwise(op: DepthwiseConv2D, taps: Array) -> list[Candidate]:
    """Candidate of a depthwise convolution with weights [C, taps]."""
    p = parameters.linear(op)
    kh, kw = op.kernel
    window_w = op.stride[1] + (kw - 1) * op.dilation[1] + 1
    fields: Fields = (
        *geometry(op),
        ("pad_value", 0),
        ("window_w", window_w),
        ("low", p.low),
        ("high", p.high),
        ("weights", Constant("weights", np.ascontiguousarray(taps), "[channel][tap]", 1)),
        ("channels", Constant("channels", channel_table(p), CHANNEL_COMMENT)),
    )
    call = sliding_call(op, "genc_depthwise_s16", fields, kh * window_w * 2 * op.x.shape[3], align=2)
    return only(op, call, op.macs() * MAC + op.y.size * OUTPUT, "depthwise, two pixels at a time")


def fully_connected(op: FullyConnected, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED, scaled in double as TFLite does."""
    p = parameters.linear(op)
    assert p.factor is not None
    outputs, depth = op.weights.shape
    rows = op.x.size // depth
    alike = bool((p.factor == p.factor[0]).all())
    fields: Fields = (
        ("depth", depth),
        ("in_rows_held", Held(0)),
        ("outputs", outputs),
        ("out_rows_held", Held(1)),
        ("low", p.low),
        ("high", p.high),
        ("wraps", int(not p.wide)),
        ("factor_step", int(not alike)),
        ("weights", packed(op.weights.value, 1)),
        ("bias", Constant("bias", p.bias, "int64", 8)),
        ("factors", Constant("factors", p.factor[:1] if alike else p.factor, "steps of the output", 8)),
    )
    io = (rowwise(op.x, rows, 2),), (rowwise(op.y, rows, 2),)
    call = Call("genc_fully_connected_s16", fields, *io, rows)
    mac = MAC_DSP if "dsp" in core.features else MAC
    return only(op, call, op.macs() * mac + op.y.size * 200, "4 outputs at a time, scaled in double")
