"""Depthwise convolutions, int8: four channels at a time, taken apart into planes of int16."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from codegen.backends.armv7em.pairs import is_short
from codegen.backends.candidate import Call, Candidate, Constant, Operand
from codegen.backends.portable.linear import Channels, Fields, channels_of, geometry, sliding_call
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.reference import parameters

PLANES = 4
"""Channels taken apart together."""

BLOCK_ROWS = 4
"""A block has at least so many rows, if the image does: lines that windows share are taken apart once."""

BLOCK_OUTPUTS = 24
"""A block has at least so many output pixels, if the image does: what a channel costs is shared by them."""

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
        upright: lines run along the height.
        three: kernel 3x3 with functions of its own.
    """

    block: int
    line: int
    size: int
    words: int
    upright: bool = False
    three: bool = False

    @staticmethod
    def of(op: Conv2D | DepthwiseConv2D) -> Planes:
        """Those of an operator; the longer way is along the lines, if there is a choice."""
        (kh, kw), (sh, sw) = op.kernel, op.stride
        out_h, out_w = op.y.shape[1:3]
        upright = kw == 1 and sw == 1 and not any(op.pad_w) and (out_h > out_w or kh > 1) and op.dilation[0] == 1
        block = min(out_h, max(BLOCK_ROWS, -(-BLOCK_OUTPUTS // out_w)))
        if upright:
            words = -(-kh // 2)
            line = _even((block - 1) * sh + 2 * words)
            return Planes(block, line, line * out_w, words, upright=True)
        three = op.kernel == (3, 3) and sw in (1, 2)
        words, lines = -(-kw // 2), (block - 1) * sh + (kh - 1) * op.dilation[0] + 1
        line = _even(out_w) * sw + 2 if three else _even((out_w - 1) * sw + 2 * words)
        return Planes(block, line, line * lines, words, three=three)


def depthwise(op: Conv2D | DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """Candidates of a depthwise convolution with weights [KH, KW, C]."""
    (kh, kw), params = op.kernel, parameters.linear(op)
    channels = channels_of(weights.reshape(kh * kw, -1).T, params)
    if (op.dilation[1] != 1 and kw != 1) or not is_short(channels):
        return []
    shape = Planes.of(op)
    fields: Fields = (
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
        ("weights", Constant("weights", _lines(channels, (kh, kw), shape), WEIGHTS_COMMENT)),
        ("channels", Constant("channels", _constants(channels), CHANNELS_COMMENT)),
    )
    unpacked = 0 if shape.three else 4 * _even(shape.words) * (1 if shape.upright else kh)
    call = sliding_call(op, "genc_depthwise_s8_dsp", fields, 2 * PLANES * shape.size + unpacked, align=4)
    call = replace(call, inputs=(_read_by_blocks(call, shape.block),))
    why = f"planes of int16, {shape.block} rows together"
    return [Candidate(op, "armv7em", (call,), _instructions(op, shape), why)]


def _even(number: int) -> int:
    return number + number % 2


def _read_by_blocks(call: Call, block: int) -> Operand:
    """The input, of which a row is still read while the last row of its block is written."""
    x = call.inputs[0]
    return replace(x, first=tuple(x.first[max(row - block + 1, 0)] for row in range(len(x.first))))


def _lines(c: Channels, kernel: tuple[int, int], shape: Planes) -> Array:
    """int8 [C, lines, taps padded to a multiple of four]."""
    lines = c.weights.reshape(len(c.weights), *((1, kernel[0]) if shape.upright else kernel))
    return np.pad(lines, [(0, 0), (0, 0), (0, -lines.shape[2] % 4)]).astype(np.int8)


def _constants(c: Channels) -> Array:
    """int32 [C, 3]."""
    return np.stack([c.bias, c.multiplier, -c.shift], axis=1).astype(np.int32)


def _instructions(op: Conv2D | DepthwiseConv2D, shape: Planes) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2."""
    batch, out_h, out_w, channels = op.y.shape
    blocks = batch * -(-out_h // shape.block) * channels
    gather = shape.size * (6 if shape.upright else 2)
    if shape.three:
        each = 40 * -(-out_w // 2) + 15
        return blocks * (gather + 110 + shape.block * each)
    outputs = shape.block * out_w
    taps = shape.words * (1 if shape.upright else op.kernel[0])
    return float(blocks * (gather + 120 + 8 * taps + outputs * (16 + 3 * taps)))
