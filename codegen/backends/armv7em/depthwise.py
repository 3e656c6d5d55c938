"""Depthwise convolutions, int8: four channels at a time, taken apart into planes of int16."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from codegen.backends.armv7em.pairs import is_short
from codegen.backends.candidate import Call, Candidate, Constant, Fields, Operand, rowwise
from codegen.backends.portable.linear import Channels, channels_of, geometry, sliding_call
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.reference import parameters

PLANES = 4
"""Channels taken apart together."""

GROUP = 4
"""Outputs computed together, except with kernels of 3x3."""

IMAGE_SCRATCH = 4
"""Whole images are taken apart when the planes need no more than this part of the image."""

BLOCK_ROWS = 4
"""A block has at least so many rows, if the image does: lines that windows share are taken apart once."""

BLOCK_OUTPUTS = 24
"""A block has at least so many output pixels, if the image does: what a channel costs is shared by them."""

LEAN_BLOCKS = (16, 8, 4, 2, 1)
"""Smaller blocks are offered too: they take less scratch, and their output lies nearer to the input."""

WEIGHTS_COMMENT = "[channel][line][tap], lines padded with 0 to a multiple of 4 taps"
CHANNELS_COMMENT = "[channel] {bias, multiplier, shift}, input offset folded in"


@dataclass(frozen=True)
class Planes:
    """The shape of the planes of a block.

    Attributes:
        block: output rows computed together.
        line: int16 of a line.
        size: int16 of a plane.
        words: lanes of two taps in a line of the kernel.
        lines: of the kernel; a kernel of one long line counts as several short ones, one behind the other.
        upright: lines run along the height.
        three: kernel 3x3 with functions of its own.
    """

    block: int
    line: int
    size: int
    words: int
    lines: int
    upright: bool = False
    three: bool = False

    @staticmethod
    def of(op: Conv2D | DepthwiseConv2D, block: int) -> Planes:
        """Those of an operator: whichever way its lines run, the fewest instructions."""
        ways = [Planes.along(op, block, upright=upright) for upright in (False, True)]
        return min(filter(None, ways), key=lambda shape: _instructions(op, shape))

    @staticmethod
    def along(op: Conv2D | DepthwiseConv2D, block: int, *, upright: bool) -> Planes | None:
        """Those with lines along the height (`upright`) or the width; None: the kernel has gaps that way."""
        ways = zip(op.kernel, op.stride, op.dilation, (block, op.y.shape[2]), strict=True)
        across, along = reversed(list(ways)) if upright else ways
        (taps, stride, dilation, outputs), (lines, step, gaps, rows) = along, across
        if dilation != 1 and taps != 1:
            return None
        three = op.kernel == (3, 3) and stride in (1, 2)
        words, lines = _cut(taps) if lines == 1 else (max(-(-taps // 2), 2), lines)
        seen = 2 * words * (lines if across[0] == 1 else 1)
        line = _even(outputs) * stride + 2 if three else _even((max(outputs, GROUP) - 1) * stride + seen)
        height = (rows - 1) * step + (across[0] - 1) * gaps + 1
        return Planes(block, line, line * height, words, lines, upright=upright, three=three)


def _cut(taps: int) -> tuple[int, int]:
    """A line of the kernel as several lines of 2 to 4 words, the fewest words in all: (words, lines)."""
    return min(((words, -(-taps // (2 * words))) for words in (4, 3, 2)), key=lambda cut: cut[0] * cut[1])


def depthwise(op: Conv2D | DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """Candidates of a depthwise convolution with weights [KH, KW, C]."""
    (kh, kw), params = op.kernel, parameters.linear(op)
    channels = channels_of(weights.reshape(kh * kw, -1).T, params)
    if not any(Planes.along(op, 1, upright=way) for way in (False, True)) or not is_short(channels):
        return []
    out_h, out_w = op.y.shape[1:3]
    most = min(out_h, max(BLOCK_ROWS, -(-BLOCK_OUTPUTS // out_w)))
    blocks = [most, *(rows for rows in LEAN_BLOCKS if rows < most)]
    offers = [_by_rows(op, channels, Planes.of(op, rows)) for rows in blocks]
    images = Planes.of(op, out_h)
    if _lies_over_input(op) and IMAGE_SCRATCH * _scratch_bytes(images) <= op.x.bytes:
        offers.append(_by_images(op, channels, images))
    return offers


def _lies_over_input(op: Conv2D | DepthwiseConv2D) -> bool:
    """True when every channel of the output can lie where this channel of the input lies, and it is worth it."""
    return op.x.shape == op.y.shape or (op.x.shape[0] == 1 and op.stride == (1, 1))


def _by_rows(op: Conv2D | DepthwiseConv2D, channels: Channels, shape: Planes) -> Candidate:
    """Blocks of rows."""
    fields = _fields(op, channels, shape)
    call = sliding_call(op, "genc_depthwise_s8_dsp", fields, _scratch_bytes(shape), align=4)
    call = replace(call, inputs=(_read_by_blocks(call, shape.block),))
    why = f"planes of int16, {shape.block} rows together"
    return Candidate(op, "armv7em", (call,), _instructions(op, shape), why, partial(_by_calls, op, shape.block))


def _by_images(op: Conv2D | DepthwiseConv2D, channels: Channels, shape: Planes) -> Candidate:
    """Whole images, in place."""
    held = {"in_rows_held": op.x.shape[0] * op.x.shape[1], "out_rows_held": op.y.shape[0] * op.y.shape[1]}
    fields = tuple((name, held.get(name, value)) for name, value in _fields(op, channels, shape))
    images = op.x.shape[0]
    call = Call(
        "genc_depthwise_images_s8_dsp",
        fields,
        (rowwise(op.x, images),),
        (rowwise(op.y, images),),
        images,
        _scratch_bytes(shape),
        scratch_align=4,
        in_place=frozenset({0}),
    )
    return Candidate(op, "armv7em", (call,), _instructions(op, shape), "planes of int16, in place")


def _fields(op: Conv2D | DepthwiseConv2D, channels: Channels, shape: Planes) -> Fields:
    """The kernel's parameters."""
    params = channels.params
    return (
        *geometry(op),
        ("pad_value", params.x_zero),
        ("zero_point", params.y_zero),
        ("low", params.low),
        ("high", params.high),
        ("upright", int(shape.upright)),
        ("three", int(shape.three)),
        ("block", shape.block),
        ("line", shape.line),
        ("plane", shape.size),
        ("words", shape.words),
        ("lines", shape.lines),
        ("weights", Constant("weights", _lines(channels, op.kernel, shape), WEIGHTS_COMMENT)),
        ("channels", Constant("channels", _constants(channels), CHANNELS_COMMENT)),
    )


def _scratch_bytes(shape: Planes) -> int:
    """Planes, and unless the kernel is 3x3 its weights taken apart."""
    unpacked = 0 if shape.three else 4 * _even(shape.words) * shape.lines
    return 2 * PLANES * shape.size + unpacked


def _even(number: int) -> int:
    return number + number % 2


def _read_by_blocks(call: Call, block: int) -> Operand:
    """The input, of which a row is still read while the last row of its block is written."""
    x = call.inputs[0]
    return replace(x, first=tuple(x.first[max(row - block + 1, 0)] for row in range(len(x.first))), alone=x.first)


def _lines(c: Channels, kernel: tuple[int, int], shape: Planes) -> Array:
    """int8 [C, lines, taps padded to a multiple of four]."""
    channels, taps = len(c.weights), 2 * shape.words
    lines = c.weights.reshape(channels, *kernel)
    if shape.upright:
        lines = np.swapaxes(lines, 1, 2)
    if lines.shape[1] == 1:
        lines = np.pad(lines, [(0, 0), (0, 0), (0, shape.lines * taps - lines.shape[2])]).reshape(channels, -1, taps)
    else:
        lines = np.pad(lines, [(0, 0), (0, 0), (0, taps - lines.shape[2])])
    return np.pad(lines, [(0, 0), (0, 0), (0, -taps % 4)]).astype(np.int8)


def _constants(c: Channels) -> Array:
    """int32 [C, 3]."""
    return np.stack([c.bias, c.multiplier, -c.shift], axis=1).astype(np.int32)


def _by_calls(op: Conv2D | DepthwiseConv2D, block: int, rows: int) -> float:
    """Estimate when each call computes `rows` rows."""
    return _instructions(op, Planes.of(op, min(block, rows)))


def _instructions(op: Conv2D | DepthwiseConv2D, shape: Planes) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2."""
    batch, out_h, out_w, channels = op.y.shape
    blocks = batch * -(-out_h // shape.block) * channels
    gather = shape.size * 2.3 + shape.size / shape.line * 5
    rows, count = (out_w, shape.block) if shape.upright else (shape.block, out_w)
    if shape.three:
        return blocks * (gather + 130 + rows * (39 * -(-count // 2) + 15))
    group = shape.lines * (6.5 * shape.words + 7) + 47
    return float(blocks * (gather + 150 + 6 * shape.words * shape.lines + rows * (-(-count // GROUP) * group + 25)))
