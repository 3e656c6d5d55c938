"""Layers with weights, int8: convolution, depthwise convolution, matrix product.

Weights are packed four channels side by side, the input offset is folded into the bias, and interval
arithmetic over all possible inputs proves, channel by channel, that the kernels' short
requantisation is exact (runtime_c/portable/genc_linear.h).  A channel proved constant becomes
weights of zero and a bias that gives the constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    ParamValue,
    RowsHeld,
    Window,
    rowwise,
    windowed,
)
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.fixed_point import multiply_double_rounding
from codegen.reference.parameters import LinearParams

Int64 = npt.NDArray[np.int64]
Fields = tuple[tuple[str, ParamValue], ...]

BLOCK = 4
"""Channels that share one pass over the input."""

MAX_SHIFT = 30
"""Largest shift of the short form."""

UNUSED_SCRATCH = 1
"""A 1x1 convolution shares its kernel, and so the scratch argument, with those that gather."""

CHANNEL_COMMENT = "[channel] {bias, multiplier, add, shift}, input offset folded in"


@dataclass(frozen=True, eq=False)
class Channels:
    """A layer's numbers, per output channel, proved.

    Attributes:
        weights: int64 [O, K]; constant channels are zero.
        bias: int64 [O], input offset folded in, modulo 2**32 as int32.
        multiplier: int64 [O].
        shift: int64 [O], positive to the left.
        low: int64 [O], smallest reachable accumulator.
        high: int64 [O], largest reachable accumulator.
        params: the layer's other numbers.
    """

    weights: Int64
    bias: Int64
    multiplier: Int64
    shift: Int64
    low: Int64
    high: Int64
    params: LinearParams


def channels_of(weights: Array, params: LinearParams) -> Channels:
    """Fold, bound and tame the channels of weights [O, K]."""
    w = weights.astype(np.int64)
    least, most = -128 - params.x_zero, 127 - params.x_zero
    low = params.bias + np.minimum(w * least, w * most).sum(axis=1)
    high = params.bias + np.maximum(w * least, w * most).sum(axis=1)
    bias = (params.bias - params.x_zero * w.sum(axis=1)).astype(np.int32).astype(np.int64)
    return _tamed(
        Channels(w, bias, params.multiplier.astype(np.int64), params.shift.astype(np.int64), low, high, params)
    )


def _tamed(c: Channels) -> Channels:
    """Channels that give one byte for every input, rewritten: weights 0, factor 1/4, bias four times the value."""
    p = c.params
    if p.single_rounding:
        return c  # the factor is one for the whole tensor, and stays so
    ends = [
        np.clip(multiply_double_rounding(sums, c.multiplier, np.minimum(c.shift, 0)) + p.y_zero, p.low, p.high)
        for sums in (c.low, c.high)
    ]
    constant = (ends[0] == ends[1]) & (c.low >= -(2**31)) & (c.high < 2**31) & (c.shift <= 0) & (c.multiplier >= 0)
    value = 4 * (ends[0] - p.y_zero)
    return Channels(
        np.where(constant[:, None], 0, c.weights),
        np.where(constant, value, c.bias),
        np.where(constant, 2**30, c.multiplier),
        np.where(constant, -1, c.shift),
        np.where(constant, value, c.low),
        np.where(constant, value, c.high),
        p,
    )


def channel_table(c: Channels) -> Array:
    """int32 [O, 4]: what genc_linear.h needs to turn an accumulator into a byte."""
    zero, right = c.params.y_zero, -c.shift
    by = np.clip(right, 1, MAX_SHIFT)
    add = (np.int64(1) << (by - 1)) + (np.int64(zero) << by)
    first, last = (multiply_double_rounding(bound, c.multiplier, 0) for bound in (c.low, c.high))
    short = (right == by) & (c.multiplier >= 0) & (c.low > -(2**30)) & (c.high < 2**30)
    short &= (first - 1 + add >= -(2**31)) & (last + add < 2**31) & (add < 2**31) & (add >= -(2**31))
    columns = [c.bias, c.multiplier, np.where(short, add, c.shift * 256 + zero), np.where(short, right, 0)]
    return np.stack(columns, axis=1).astype(np.int32)


def _blocked(array: Array, groups: int) -> Array:
    """[O, ...] -> [groups, blocks, 4, ...], the channels of each group filled up with zeros."""
    grouped = array.reshape(groups, -1, *array.shape[1:])
    fill = [(0, 0), (0, -grouped.shape[1] % BLOCK), *((0, 0) for _ in array.shape[1:])]
    return np.pad(grouped, fill).reshape(groups, -1, BLOCK, *array.shape[1:])


def _conv_constants(c: Channels, groups: int, offset: int = 0) -> tuple[Constant, Constant]:
    """Weights [groups][blocks][K][4] and the channel table [groups][blocks * 4][4]."""
    shifted = (_blocked(c.weights, groups) + offset).astype(np.uint8 if offset else np.int8)
    weights = np.ascontiguousarray(np.swapaxes(shifted, 2, 3)).view(np.int8)
    table = np.ascontiguousarray(_blocked(channel_table(c), groups))
    return Constant("weights", weights, "[group][block][tap][4 channels]"), Constant("channels", table, CHANNEL_COMMENT)


@dataclass(frozen=True)
class ConvKernel:
    """A C kernel for convolutions.

    Attributes:
        name: of the C function.
        pixels: taken at a time.
        offset: added to every weight; the kernel takes it back.
        mac: instructions of one multiply-accumulate, by family of cores.
    """

    name: str
    pixels: int
    offset: int
    mac: dict[str, float]


CONV_KERNELS = (
    ConvKernel("genc_conv_s8_4x1", 1, 128, {"arm": 3.0, "thumb1": 4.0, "rv32": 3.8, "rv64": 3.8, "xtensa": 4.2}),
    ConvKernel("genc_conv_s8_4x2", 2, 0, {"arm": 2.1, "thumb1": 6.0, "rv32": 3.1, "rv64": 3.1, "xtensa": 5.0}),
    ConvKernel("genc_conv_s8_4x4", 4, 0, {"arm": 3.0, "thumb1": 6.0, "rv32": 2.9, "rv64": 2.0, "xtensa": 5.0}),
)

OUTPUT_INSTRUCTIONS = {"arm": 18, "thumb1": 45, "rv32": 24, "rv64": 20, "xtensa": 50}
"""Instructions from accumulator to stored byte."""


def family(core: Core) -> str:
    """The family of cores with about the same instruction counts."""
    if core.name.startswith("cortex-m0"):
        return "thumb1"
    prefixes = {"rv32": "rv32", "rv64": "rv64", "xtensa": "xtensa"}
    return next((f for prefix, f in prefixes.items() if core.name.startswith(prefix)), "arm")


def conv_2d(op: Conv2D, core: Core) -> list[Candidate]:
    """CONV_2D; a grouped one with one channel in and out per group is depthwise."""
    params, weights = parameters.linear(op), op.weights.value
    if op.groups == op.x.shape[3] == op.y.shape[3] and op.groups > 1:
        return _depthwise(op, weights.transpose(3, 1, 2, 0)[0], params, core)
    return _convolution(op, weights.reshape(weights.shape[0], -1), op.groups, params, core)


def depthwise_conv_2d(op: DepthwiseConv2D, core: Core) -> list[Candidate]:
    """DEPTHWISE_CONV_2D; with a channel multiplier it is a convolution of one group per input channel."""
    params, weights = parameters.linear(op), op.weights.value[0]
    if op.multiplier == 1:
        return _depthwise(op, weights, params, core)
    return _convolution(op, weights.reshape(-1, weights.shape[2]).T, op.x.shape[3], params, core)


def _geometry(op: Conv2D | DepthwiseConv2D) -> Fields:
    """The parameters that every sliding kernel starts with."""
    (_, in_h, in_w, in_c), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
    return (
        ("in_h", in_h),
        ("in_w", in_w),
        ("in_c", in_c),
        ("in_rows_held", RowsHeld(0)),
        ("out_h", out_h),
        ("out_w", out_w),
        ("out_c", out_c),
        ("out_rows_held", RowsHeld(1)),
        ("kernel_h", op.kernel[0]),
        ("kernel_w", op.kernel[1]),
        ("stride_h", op.stride[0]),
        ("stride_w", op.stride[1]),
        ("dilation_h", op.dilation[0]),
        ("dilation_w", op.dilation[1]),
        ("pad_top", op.pad_h[0]),
        ("pad_left", op.pad_w[0]),
    )


def _sliding_call(op: Conv2D | DepthwiseConv2D, kernel: str, params: Fields, scratch_bytes: int) -> Call:
    (batches, in_h, _, _), (_, out_h, _, _) = op.x.shape, op.y.shape
    window = Window(in_h, out_h, op.kernel[0], op.stride[0], op.dilation[0], op.pad_h[0])
    operands = (windowed(op.x, batches, window),), (rowwise(op.y, batches * out_h),)
    return Call(kernel, params, *operands, batches * out_h, scratch_bytes, scratch_align=1)


def _convolution(
    op: Conv2D | DepthwiseConv2D, weights: Array, groups: int, params: LinearParams, core: Core
) -> list[Candidate]:
    """Candidates of a convolution with weights [O, taps of one group]."""
    direct = op.kernel == (1, 1) and not any((*op.pad_h, *op.pad_w))
    channels, cores, patch, (_, _, out_w, out_c) = (
        channels_of(weights, params),
        family(core),
        weights.shape[1],
        op.y.shape,
    )
    offers = []
    for kernel in CONV_KERNELS:
        table_weights, table = _conv_constants(channels, groups, kernel.offset)
        fields = (
            *_geometry(op),
            ("pad_value", params.x_zero),
            ("groups", groups),
            ("patch", patch),
            ("direct", int(direct)),
            ("low", params.low),
            ("high", params.high),
            ("weights", table_weights),
            ("channels", table),
        )
        copied = not direct or (op.stride == (1, 1) and out_w % kernel.pixels)
        scratch_bytes = kernel.pixels * groups * patch if copied else UNUSED_SCRATCH
        macs, pixels = op.y.size // out_c * table_weights.array.size, op.y.size // out_c
        gather = 0 if direct else pixels * groups * (patch / 2 + 40 * op.kernel[0])
        cost = macs * kernel.mac[cores] + op.y.size * OUTPUT_INSTRUCTIONS[cores] + gather
        why = f"4 channels by {kernel.pixels} pixels" + ("" if direct else ", patches gathered")
        call = _sliding_call(op, kernel.name, fields, scratch_bytes)
        offers.append(Candidate(op, "portable", (call,), cost, why))
    return offers


DEPTHWISE_TAP = {"arm": 2.7, "thumb1": 6.0, "rv32": 3.3, "rv64": 3.3, "xtensa": 6.0}
"""Instructions per multiply of a depthwise convolution 3x3; others take about half as much again."""


def _depthwise(op: Conv2D | DepthwiseConv2D, weights: Array, params: LinearParams, core: Core) -> list[Candidate]:
    """Candidate of a depthwise convolution with weights [KH, KW, C]."""
    fast = op.kernel == (3, 3) and op.dilation == (1, 1)
    kh, kw = op.kernel
    channels = channels_of(weights.reshape(kh * kw, -1).T, params)
    window_w = op.stride[1] + (kw - 1) * op.dilation[1] + 1
    fields = (
        *_geometry(op),
        ("pad_value", params.x_zero),
        ("window_w", window_w),
        ("low", params.low),
        ("high", params.high),
        ("weights", Constant("weights", np.ascontiguousarray(channels.weights.astype(np.int8)), "[channel][tap]", 1)),
        ("channels", Constant("channels", channel_table(channels), CHANNEL_COMMENT)),
    )
    cores, outputs = family(core), op.y.size
    cost = outputs * (kh * kw * DEPTHWISE_TAP[cores] * (1 if fast else 1.5) + OUTPUT_INSTRUCTIONS[cores])
    call = _sliding_call(
        op, "genc_depthwise_3x3_s8" if fast else "genc_depthwise_s8", fields, kh * window_w * op.x.shape[3]
    )
    return [Candidate(op, "portable", (call,), cost, "depthwise, two pixels at a time")]


def fully_connected(op: FullyConnected, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED, rounded once."""
    params = parameters.linear(op)
    c = channels_of(op.weights.value, params)
    outputs, depth = op.weights.value.shape
    rows = op.x.size // depth
    weights, _ = _conv_constants(c, 1)
    scales = np.stack([c.multiplier, 31 - c.shift], axis=1)
    alike = bool((scales == scales[0]).all())
    fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("outputs", outputs),
        ("out_rows_held", RowsHeld(1)),
        ("zero_point", params.y_zero),
        ("low", params.low),
        ("high", params.high),
        ("scale_step", 0 if alike else 2),
        ("weights", weights),
        ("bias", Constant("bias", _blocked(c.bias, 1).astype(np.int32), "input offset folded in")),
        ("scales", Constant("scales", (scales[:1] if alike else scales).astype(np.int32), "{multiplier, right shift}")),
    )
    cores = family(core)
    cost = op.macs() * FULLY_CONNECTED_MAC[cores] + op.y.size * 2 * OUTPUT_INSTRUCTIONS[cores]
    call = Call("genc_fully_connected_s8", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    return [Candidate(op, "portable", (call,), cost, "4 outputs at a time")]


FULLY_CONNECTED_MAC = {"arm": 2.4, "thumb1": 6.0, "rv32": 3.5, "rv64": 3.5, "xtensa": 6.0}
"""Instructions per multiply of a matrix product."""
