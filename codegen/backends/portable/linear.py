"""Layers with weights, int8: convolution, depthwise convolution, matrix product.

Weights are packed four channels side by side, the input offset is folded into the bias, and interval
arithmetic over all possible inputs proves, channel by channel, that the kernels' short
requantisation is exact (runtime_c/portable/linear/genc_linear.h).  A channel proved constant becomes
weights of zero and a bias that gives the constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    Fields,
    RowsHeld,
    Window,
    rowwise,
    windowed,
)
from codegen.backends.portable.staircase import short_table
from codegen.errors import GencError, Problem
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from codegen.reference import parameters
from codegen.reference.fixed_point import multiply_double_rounding
from codegen.reference.parameters import LinearParams

Int64 = npt.NDArray[np.int64]

BLOCK = 4
"""Channels that share one pass over the input."""

MAX_SHIFT = 30
"""Largest shift of the short form."""

BYTE = 255
"""What lies between the least and the largest weight of uint8 layers, at most."""

UNSIGNED = 128
"""Added to weights that a kernel loads as unsigned bytes."""

UNUSED_SCRATCH = 1
"""A 1x1 convolution shares its kernel, and so the scratch argument, with those that gather."""

CHANNEL_COMMENT = "[channel] {factor, rest of the factor, add, shift} or {bias, multiplier, add, -shift}"


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
    """int32 [O, 4], {bias, multiplier, add, right}: a byte by a high multiply, or 0 for `right` where that may fail."""
    zero, right = c.params.y_zero, -c.shift
    by = np.clip(right, 1, MAX_SHIFT)
    add = (np.int64(1) << (by - 1)) + (np.int64(zero) << by)
    first, last = (multiply_double_rounding(bound, c.multiplier, 0) for bound in (c.low, c.high))
    short = (right == by) & (c.multiplier >= 0) & (c.low > -(2**30)) & (c.high < 2**30)
    short &= (first - 1 + add >= -(2**31)) & (last + add < 2**31) & (add < 2**31) & (add >= -(2**31))
    columns = [c.bias, c.multiplier, np.where(short, add, c.shift * 256 + zero), np.where(short, right, 0)]
    return np.stack(columns, axis=1).astype(np.int32)


def scaling_table(c: Channels) -> Array:
    """int32 [O, 4]: what genc_linear.h needs to turn an accumulator into a byte, the fast way where it is exact."""
    p, table = c.params, channel_table(c) * np.array([1, 1, 1, -1], np.int32)
    sums = tuple(pick(c.weights * -128, c.weights * 127).sum(axis=1) for pick in (np.minimum, np.maximum))
    short, exact = short_table(sums, c.bias, c.multiplier, c.shift, (p.y_zero, p.low, p.high))
    return np.where(exact[:, None], short, table)


def blocked(array: Array, groups: int) -> Array:
    """[O, ...] -> [groups, blocks, 4, ...], the channels of each group filled up with zeros."""
    each = len(array) // groups
    blocks = -(-each // BLOCK)
    fill = [(0, 0), (0, blocks * BLOCK - each), *((0, 0) for _ in array.shape[1:])]
    return np.pad(array.reshape(groups, each, *array.shape[1:]), fill).reshape(groups, blocks, BLOCK, *array.shape[1:])


def fits_int8(weights: Int64) -> bool:
    """Whether all weights do: those of uint8 layers, less their zero point, may have 9 bits."""
    return bool(weights.min(initial=0) >= -UNSIGNED and weights.max(initial=0) < UNSIGNED)


def is_wide(weights: Int64) -> bool:
    """Whether weights have more bits than those of uint8 layers, less their zero point, which may have 9."""
    return int(weights.max(initial=0)) - int(weights.min(initial=0)) > BYTE


def unsigned_offset(weights: Int64) -> int:
    """What to add to every weight so that all of them fit uint8."""
    return UNSIGNED if fits_int8(weights) else max(0, -int(weights.min()))


def by_eights(array: Array, groups: int) -> Array:
    """[O, K] -> [groups, bytes], as genc_dot_s8.h has it: blocks of eight channels, the last one of four if enough."""
    fours = blocked(array, groups)
    _, count, _, depth = fours.shape
    pairs = count // 2
    eights = fours[:, : 2 * pairs].reshape(groups, pairs, 2 * BLOCK, depth)
    parts = [np.swapaxes(part, 2, 3).reshape(groups, part[0].size) for part in (eights, fours[:, 2 * pairs :])]
    return np.concatenate(parts, axis=1)


def packed_weights(c: Channels, groups: int, offset: int) -> Constant:
    """Weights for genc_dot_s8.h, uint8, or [groups][blocks][K][4], int8, when there is no offset.

    Raises:
        GencError: partial sums could leave int32.
    """
    check_sums(np.abs(c.weights) + offset)
    if offset or not fits_int8(c.weights):
        packed = by_eights(c.weights + offset, groups).astype(np.uint8)
        return Constant("weights", packed, f"[group][block][tap][8 or 4 channels], plus {offset}")
    packed = np.swapaxes(blocked(c.weights, groups), 2, 3).astype(np.int8)
    return Constant("weights", np.ascontiguousarray(packed), "[group][block][tap][4 channels]")


def wide_weights(c: Channels, groups: int) -> Constant:
    """Weights as [group][block][tap][4 channels], int16."""
    check_sums(np.abs(c.weights))
    packed = np.swapaxes(blocked(c.weights, groups), 2, 3).astype(np.int16)
    return Constant("weights", np.ascontiguousarray(packed), "[group][block][tap][4 channels]", 2)


def check_sums(magnitudes: Int64) -> None:
    """Refuse weights [O, K] with which partial sums could leave int32.

    Raises:
        GencError: takes 65,000 weights of 8 bits and one sign per output.
    """
    if (magnitudes.sum(axis=1) * 128 >= 2**31).any():
        raise GencError("cannot compile a layer", [Problem("weights", "sums of products may overflow 32 bits")])


@dataclass(frozen=True)
class ConvKernel:
    """A C kernel for convolutions.

    Attributes:
        name: of the C function.
        channels: taken at a time,
        pixels: likewise.
        mac: instructions of one multiply-accumulate, by family of cores.
        output: instructions from accumulator to stored byte.
        unsigned: the weights are uint8, an offset too large, which the kernel takes back.
        wide: the weights are int16.
    """

    name: str
    channels: int
    pixels: int
    mac: dict[str, float]
    output: dict[str, float]
    unsigned: bool = False
    wide: bool = False

    def takes(self, weights: Int64) -> bool:
        """Whether the weights have no more bits, and no fewer, than the kernel is for."""
        return self.wide if is_wide(weights) else not self.wide and (self.unsigned or fits_int8(weights))


CONV_KERNELS = (
    ConvKernel(
        "genc_conv_s8_8x1",
        8,
        1,
        {"arm": 2.55, "thumb1": 3.42, "rv32": 3.2, "rv64": 3.4, "xtensa": 3.78},
        {"arm": 33, "thumb1": 42, "rv32": 33, "rv64": 33, "xtensa": 42},
        unsigned=True,
    ),
    ConvKernel(
        "genc_conv_s8_4x2",
        4,
        2,
        {"arm": 2.2, "thumb1": 6.3, "rv32": 2.9, "rv64": 2.9, "xtensa": 6.3},
        {"arm": 28, "thumb1": 46, "rv32": 28, "rv64": 29, "xtensa": 40},
    ),
    ConvKernel(
        "genc_conv_s8_4x4",
        4,
        4,
        {"arm": 3.37, "thumb1": 7.6, "rv32": 3.3, "rv64": 1.97, "xtensa": 6.5},
        {"arm": 26, "thumb1": 42, "rv32": 26, "rv64": 26, "xtensa": 35},
    ),
    ConvKernel(
        "genc_conv_s8_w16",
        4,
        1,
        {"arm": 3.1, "thumb1": 6.5, "rv32": 4.0, "rv64": 4.0, "xtensa": 6.5},
        {"arm": 33, "thumb1": 42, "rv32": 33, "rv64": 33, "xtensa": 42},
        wide=True,
    ),
)
"""Instructions measured on the 1x1 layers of MLPerf Tiny, K = 8 ... 128, GCC 12 -O2."""

GATHER_INSTRUCTIONS = 100
"""To gather one kernel row of a patch, beside half an instruction per byte."""

START_BYTE = 3
"""To add up one byte of a patch, where weights are unsigned."""

DEPTHWISE_OUTPUT = {"arm": 42, "thumb1": 86, "rv32": 62, "rv64": 63, "xtensa": 86}
"""Of one output of a 3x3 depthwise convolution; other kernels count by taps, and more."""

DEPTHWISE_ANY = {"arm": 2.3, "thumb1": 1.42, "rv32": 1.09, "rv64": 1.32, "xtensa": 1.18}
"""How much more the kernel for any window takes."""

ALONE = 1.2
"""As much more for a 3x3 window that shares no columns with its neighbour."""

FULLY_CONNECTED_MAC = {"arm": 2.56, "thumb1": 3.5, "rv32": 3.2, "rv64": 3.4, "xtensa": 3.8}
FULLY_CONNECTED_OUTPUT = {"arm": 52, "thumb1": 130, "rv32": 56, "rv64": 40, "xtensa": 130}


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


def images(op: Conv2D | DepthwiseConv2D | TransposeConv) -> Fields:
    """The parameters that every kernel on images with weights starts with; pixels in bytes."""
    (_, in_h, in_w, in_c), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
    return (
        ("in_h", in_h),
        ("in_w", in_w),
        ("in_c", in_c * op.x.dtype.bytes),
        ("in_rows_held", RowsHeld(0)),
        ("out_h", out_h),
        ("out_w", out_w),
        ("out_c", out_c * op.y.dtype.bytes),
        ("out_rows_held", RowsHeld(1)),
        ("kernel_h", op.kernel[0]),
        ("kernel_w", op.kernel[1]),
        ("stride_h", op.stride[0]),
        ("stride_w", op.stride[1]),
    )


def geometry(op: Conv2D | DepthwiseConv2D) -> Fields:
    """The parameters that every sliding kernel starts with."""
    return (
        *images(op),
        ("dilation_h", op.dilation[0]),
        ("dilation_w", op.dilation[1]),
        ("pad_top", op.pad_h[0]),
        ("pad_left", op.pad_w[0]),
    )


def sliding_call(op: Conv2D | DepthwiseConv2D, kernel: str, params: Fields, scratch_bytes: int, align: int = 1) -> Call:
    """The call of a kernel that slides over the height; scratch at an address aligned to `align` bytes."""
    (batches, in_h, _, _), (_, out_h, _, _) = op.x.shape, op.y.shape
    window = Window(in_h, out_h, op.kernel[0], op.stride[0], op.dilation[0], op.pad_h[0])
    operands = (windowed(op.x, batches, window, op.x.dtype.bytes),), (rowwise(op.y, batches * out_h, op.y.dtype.bytes),)
    return Call(kernel, params, *operands, batches * out_h, scratch_bytes, scratch_align=align)


def _convolution(
    op: Conv2D | DepthwiseConv2D, weights: Array, groups: int, params: LinearParams, core: Core
) -> list[Candidate]:
    """Candidates of a convolution with weights [O, taps of one group]."""
    direct = op.kernel == (1, 1) and not any((*op.pad_h, *op.pad_w))
    channels, cores = channels_of(weights, params), family(core)
    patch, out_w, pixels = weights.shape[1], op.y.shape[2], op.y.size // op.y.shape[3]
    table = Constant("channels", blocked(scaling_table(channels), groups), CHANNEL_COMMENT)
    offers = []
    for kernel in (kernel for kernel in CONV_KERNELS if kernel.takes(channels.weights)):
        offset = unsigned_offset(channels.weights) if kernel.unsigned else 0
        packed = wide_weights(channels, groups) if kernel.wide else packed_weights(channels, groups, offset)
        fields = (
            *geometry(op),
            ("pad_value", params.x_zero),
            ("groups", groups),
            ("patch", patch),
            ("direct", int(direct)),
            ("low", params.low),
            ("high", params.high),
            ("weights_offset", offset),
            ("weights", packed),
            ("channels", table),
        )
        copied = not direct or (op.stride == (1, 1) and out_w % kernel.pixels)
        scratch_bytes = kernel.pixels * groups * patch if copied else UNUSED_SCRATCH
        gather = 0 if direct else pixels * groups * (patch / 2 + GATHER_INSTRUCTIONS * op.kernel[0])
        start = pixels * groups * patch * START_BYTE if kernel.unsigned else 0
        other = op.y.size * kernel.output[cores] + gather + start
        by_calls = partial(_by_calls, op, kernel.pixels, packed.array.size * kernel.mac[cores], other)
        why = f"{kernel.channels} channels by {kernel.pixels} pixels" + ("" if direct else ", patches gathered")
        call = sliding_call(op, kernel.name, fields, scratch_bytes)
        offers.append(Candidate(op, "portable", (call,), by_calls(pixels // out_w), why, by_calls))
    return offers


def _by_calls(op: Conv2D | DepthwiseConv2D, tile: int, per_pixel: float, other: float, rows: int) -> float:
    """Estimate when each call computes `rows` rows, tile by tile; the last tile may be half empty."""
    pixels, call = op.y.size // op.y.shape[3], op.y.shape[2] * rows
    return pixels / call * -(-call // tile) * tile * per_pixel + other


def _depthwise(op: Conv2D | DepthwiseConv2D, weights: Array, params: LinearParams, core: Core) -> list[Candidate]:
    """Candidates of a depthwise convolution with weights [KH, KW, C]."""
    channels = channels_of(weights.reshape(op.kernel[0] * op.kernel[1], -1).T, params)
    fast = op.kernel == (3, 3) and op.dilation == (1, 1) and fits_int8(channels.weights)
    general = _depthwise_offer(op, channels, core, fast=False)
    return [_depthwise_offer(op, channels, core, fast=True), general] if fast else [general]


def _depthwise_offer(op: Conv2D | DepthwiseConv2D, channels: Channels, core: Core, *, fast: bool) -> Candidate:
    """The kernel for 3x3 windows, or the one for all."""
    (kh, kw), params, narrow = op.kernel, channels.params, fits_int8(channels.weights)
    kernel = "genc_depthwise_3x3_s8" if fast else "genc_depthwise_s8" if narrow else "genc_depthwise_s8_w16"
    taps = np.ascontiguousarray(channels.weights, np.int8 if narrow else np.int16)
    window_w = _pair_step(op, fast) + (kw - 1) * op.dilation[1] + 1
    fields = (
        *geometry(op),
        ("pad_value", params.x_zero),
        ("window_w", window_w),
        ("low", params.low),
        ("high", params.high),
        ("weights", Constant("weights", taps, "[channel][tap]", taps.itemsize)),
        ("channels", Constant("channels", scaling_table(channels), CHANNEL_COMMENT)),
    )
    cores, out_w = family(core), op.y.shape[2]
    each = ALONE if window_w == kw else 1
    outputs = op.y.size * (out_w + out_w % 2) / out_w  # by pairs of pixels
    cost = outputs * DEPTHWISE_OUTPUT[cores] * (each if fast else DEPTHWISE_ANY[cores] * (kh * kw + 9) / 18 + 0.11 * kh)
    gathered = kh * window_w * op.x.shape[3]
    call = sliding_call(op, kernel, fields, UNUSED_SCRATCH if _one_straight_row(op, window_w) else gathered)
    why = "depthwise, 3x3" if fast else "depthwise, two pixels at a time"
    return Candidate(op, "portable", (call,), cost, why)


def _pair_step(op: Conv2D | DepthwiseConv2D, fast: bool) -> int:
    """Input pixels between the windows of two pixels computed together; 0 when each is alone."""
    together = op.y.shape[2] > 1 and not (fast and op.stride[1] > 1)
    return op.stride[1] if together else 0


def _one_straight_row(op: Conv2D | DepthwiseConv2D, window_w: int) -> bool:
    """True when all windows lie in the image, and in memory at equal distances whatever ring holds the input."""
    last_left = (op.y.shape[2] - 1) // 2 * 2 * op.stride[1]
    padded = any((*op.pad_h, *op.pad_w))
    return op.y.shape[0] == op.y.shape[1] == 1 and not padded and last_left + window_w <= op.x.shape[2]


def fully_connected(op: FullyConnected, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED, rounded once."""
    params = parameters.linear(op)
    c = channels_of(op.weights.value, params)
    outputs, depth = op.weights.value.shape
    rows = op.x.size // depth
    offset = unsigned_offset(c.weights)
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
        ("weights_offset", offset),
        ("weights", packed_weights(c, 1, offset)),
        ("bias", Constant("bias", blocked(c.bias, 1).astype(np.int32), "input offset folded in")),
        ("scales", Constant("scales", (scales[:1] if alike else scales).astype(np.int32), "{multiplier, right shift}")),
    )
    cores = family(core)
    macs = rows * depth * (outputs + -outputs % BLOCK)
    cost = macs * FULLY_CONNECTED_MAC[cores] + op.y.size * FULLY_CONNECTED_OUTPUT[cores] + rows * 4 * depth + 100
    call = Call("genc_fully_connected_s8", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    return [Candidate(op, "portable", (call,), cost, "8 outputs at a time")]
