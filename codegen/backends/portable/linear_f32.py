"""Layers with weights, float32: convolution, depthwise convolution, matrix product.

One kernel multiplies four channels by up to four pixels; a matrix product is a 1x1 convolution whose pixels are
the rows of the matrix.  Hybrid layers (int8 weights) have a kernel that quantises its input first.
"""

from __future__ import annotations

import math

import numpy as np

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    Fields,
    RowsHeld,
    Window,
    rowwise,
    whole,
    windowed,
)
from codegen.backends.portable import cost, tiles_f32
from codegen.backends.portable.rows import only
from codegen.backends.portable.tiles_f32 import BLOCK
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference.float32 import float_range
from codegen.reference.hybrid import is_asymmetric, weight_scales

Layer = Conv2D | DepthwiseConv2D | FullyConnected

HYBRID_MAC = 3.0

LIBRARY_MULTIPLY_ADD = 156
"""Two calls of the compiler's library."""


def conv_2d(op: Conv2D, core: Core) -> list[Candidate]:
    """CONV_2D; a grouped one with one channel in and out per group is depthwise."""
    weights = op.weights.value
    if op.is_hybrid:
        return _hybrid(op, weights.reshape(weights.shape[0], -1), op.groups, core)
    if op.groups == op.x.shape[3] == op.y.shape[3] and op.groups > 1:
        return _depthwise(op, weights.transpose(3, 1, 2, 0)[0], core)
    return _convolution(op, weights.reshape(weights.shape[0], -1), op.groups, core)


def depthwise_conv_2d(op: DepthwiseConv2D, core: Core) -> list[Candidate]:
    """DEPTHWISE_CONV_2D; with a channel multiplier it is a convolution of one group per input channel."""
    weights = op.weights.value[0]
    if op.is_hybrid:
        return _hybrid(op, weights.reshape(-1, weights.shape[2]).T, op.x.shape[3], core)
    if op.multiplier == 1:
        return _depthwise(op, weights, core)
    return _convolution(op, weights.reshape(-1, weights.shape[2]).T, op.x.shape[3], core)


def fully_connected(op: FullyConnected, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED; one row of pixels, so that four rows of the matrix share the weights."""
    if op.is_hybrid:
        return _hybrid(op, op.weights.value, 1, core)
    outputs, depth = op.weights.shape
    pixels = op.x.size // depth
    fields = (
        *_geometry((1, pixels, depth), (1, pixels, outputs), RowsHeld(1)),
        *_window((1, 1), (1, 1), (1, 1), (0, 0)),
        ("groups", 1),
        *_numbers(op, op.weights.value, 1),
    )
    call = Call("genc_conv_f32", fields, (rowwise(op.x, 1, 4),), (rowwise(op.y, 1, 4),), 1)
    return only(op, call, tiles_f32.matrix(pixels, depth, outputs, core), "four outputs at a time")


def _geometry(x: tuple[int, ...], y: tuple[int, ...], out_held: RowsHeld, *, both: bool = True) -> Fields:
    """Sizes of images [H, W, C]; `both` when the output's channels are a field of their own."""
    return (
        ("in_h", x[0]),
        ("in_w", x[1]),
        ("in_c" if both else "channels", x[2]),
        ("in_rows_held", RowsHeld(0)),
        ("out_h", y[0]),
        ("out_w", y[1]),
        *((("out_c", y[2]),) if both else ()),
        ("out_rows_held", out_held),
    )


Pair = tuple[int, int]


def _window(kernel: Pair, stride: Pair, dilation: Pair, before: Pair) -> Fields:
    return (
        ("kernel_h", kernel[0]),
        ("kernel_w", kernel[1]),
        ("stride_h", stride[0]),
        ("stride_w", stride[1]),
        ("dilation_h", dilation[0]),
        ("dilation_w", dilation[1]),
        ("pad_top", before[0]),
        ("pad_left", before[1]),
    )


def _sliding(op: Conv2D | DepthwiseConv2D, *, both: bool) -> Fields:
    """The fields that every sliding kernel starts with."""
    return (
        *_geometry(op.x.shape[1:], op.y.shape[1:], RowsHeld(1), both=both),
        *_window(op.kernel, op.stride, op.dilation, (op.pad_h[0], op.pad_w[0])),
    )


def _bias(op: Layer) -> Array:
    channels = op.y.shape[-1]
    return np.zeros(channels, np.float32) if op.bias is None else op.bias.value.reshape(channels)


def _blocked(array: Array, groups: int) -> Array:
    """[O, ...] -> [groups, blocks, 4, ...], the channels of each group filled up with zeros."""
    grouped = array.reshape(groups, -1, *array.shape[1:])
    fill = [(0, 0), (0, -grouped.shape[1] % BLOCK), *((0, 0) for _ in array.shape[1:])]
    return np.pad(grouped, fill).reshape(groups, -1, BLOCK, *array.shape[1:])


def _numbers(op: Layer, weights: Array, groups: int) -> Fields:
    """Clamp, weights [O, taps] and bias of a convolution, packed."""
    packed = np.ascontiguousarray(np.swapaxes(_blocked(weights, groups), 2, 3), np.float32)
    low, high = float_range(op.activation)
    return (
        ("low", low),
        ("high", high),
        ("weights", Constant("weights", packed, "[group][block][tap][4 channels]")),
        ("bias", Constant("bias", _blocked(_bias(op), groups), "[group][block][4 channels]")),
    )


def _sliding_call(op: Conv2D | DepthwiseConv2D, kernel: str, fields: Fields) -> Call:
    (batches, in_h, _, _), (_, out_h, _, _) = op.x.shape, op.y.shape
    window = Window(in_h, out_h, op.kernel[0], op.stride[0], op.dilation[0], op.pad_h[0])
    rows = batches * out_h
    return Call(kernel, fields, (windowed(op.x, batches, window, 4),), (rowwise(op.y, rows, 4),), rows)


def _convolution(op: Conv2D | DepthwiseConv2D, weights: Array, groups: int, core: Core) -> list[Candidate]:
    """A convolution with weights [O, taps of one group]."""
    fields = (*_sliding(op, both=True), ("groups", groups), *_numbers(op, weights, groups))
    call = _sliding_call(op, "genc_conv_f32", fields)
    return only(op, call, tiles_f32.convolution(op, groups, core), "four channels by up to four pixels")


def _depthwise(op: Conv2D | DepthwiseConv2D, weights: Array, core: Core) -> list[Candidate]:
    """A depthwise convolution with weights [KH, KW, C]."""
    low, high = float_range(op.activation)
    fields: Fields = (
        *_sliding(op, both=False),
        ("low", low),
        ("high", high),
        ("weights", Constant("weights", np.ascontiguousarray(weights, np.float32), "[row][column][channel]")),
        ("bias", Constant("bias", _bias(op))),
    )
    call = _sliding_call(op, "genc_depthwise_f32", fields)
    cycles = op.macs() * _depthwise_tap(core) + op.y.size * 16
    return only(op, call, cycles, "depthwise, four channels at a time")


def _hybrid(op: Layer, weights: Array, groups: int, core: Core) -> list[Candidate]:
    """A layer with int8 weights [O, taps of one group]; its input is quantised whole, image by image."""
    packed = np.ascontiguousarray(np.swapaxes(_blocked(weights, groups), 2, 3))
    low, high = float_range(op.activation)
    if isinstance(op, FullyConnected):
        outputs, depth = op.weights.shape
        images = op.x.size // depth
        x, y = [1, 1, depth], [1, 1, outputs]
        window = _window((1, 1), (1, 1), (1, 1), (0, 0))
    else:
        images, *x = op.x.shape
        _, *y = op.y.shape
        window = _window(op.kernel, op.stride, op.dilation, (op.pad_h[0], op.pad_w[0]))
    fields: Fields = (
        ("images", images),
        *zip(("in_h", "in_w", "in_c", "out_h", "out_w", "out_c"), (*x, *y), strict=True),
        *window,
        ("groups", groups),
        ("asymmetric", int(is_asymmetric(op))),
        ("low", low),
        ("high", high),
        ("weights", Constant("weights", packed, "[group][block][tap][4 channels]")),
        ("scales", Constant("scales", np.ascontiguousarray(_blocked(weight_scales(op), groups)), "of the weights")),
        ("bias", Constant("bias", _blocked(_bias(op), groups), "[group][block][4 channels]")),
    )
    operands = (whole(op.x, 1, 4),), (rowwise(op.y, 1, 4),)
    call = Call("genc_conv_hybrid", fields, *operands, 1, math.prod(x), scratch_align=1)
    quantize = op.x.size * (12 + 4 * cost.float_operation(core))
    cycles = op.macs() * HYBRID_MAC + quantize + op.y.size * (85 + 3 * cost.float_operation(core))
    return only(op, call, cycles, "input quantised to 8 bits at run time")


def _depthwise_tap(core: Core) -> float:
    """Instructions of one multiply-add of the depthwise kernel with its loads, measured on MLPerf Tiny in float32."""
    if "fpu" not in core.features:
        return 2.4 + LIBRARY_MULTIPLY_ADD
    return 3.4 if core.name.startswith("cortex") else 7.4
