"""Depthwise convolutions, int8, of any kernel: four taps by one product of numbers with two digits.

What it is: the shapes and constants of runtime_c/armv7em/genc_depthwise_wide_s8_dsp.h.
Guarantee: no offer unless all sums of a channel, from an offset on, stay below 2**21, the base of the digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.backends.candidate import Constant, Fields
from codegen.backends.portable.linear import Channels, Int64, geometry
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D

PLANES = 4
"""Channels taken apart together."""

DIGIT = 2**21
"""Base of the digits: sums are smaller."""

WORDS = (4, 3, 2)
"""Words of a line of the kernel, or of a part of it, that have a loop of their own."""

STRIDES = (1, 2)
"""Strides that have one."""

WEIGHTS_COMMENT = "[channel][line][part][words]{second, first weight of a word}, padded with 0"
CHANNELS_COMMENT = "[channel] {bias, multiplier, shift + 256 * offset of the digits}"


@dataclass(frozen=True)
class Digits:
    """The shape of the planes of a block.

    Attributes:
        block: output rows computed together.
        line: words of a line.
        height: lines of a plane.
        words: of a part of a line of the kernel.
        parts: of a line of the kernel.
        lines: of the kernel.
        upright: lines run along the height.
    """

    block: int
    line: int
    height: int
    words: int
    parts: int
    lines: int
    upright: bool

    @staticmethod
    def of(op: Conv2D | DepthwiseConv2D, block: int) -> Digits | None:
        """Those of an operator: whichever way its lines run, the fewest instructions; None: the kernel has gaps."""
        ways = [Digits.along(op, block, upright=upright) for upright in (False, True)]
        return min(filter(None, ways), key=lambda shape: shape.instructions(op), default=None)

    @staticmethod
    def along(op: Conv2D | DepthwiseConv2D, block: int, *, upright: bool) -> Digits | None:
        """Those with lines along the height (`upright`) or the width; None: the kernel has gaps that way."""
        ways = zip(op.kernel, op.stride, op.dilation, (block, op.y.shape[2]), op.x.shape[1:3], strict=True)
        across, along = reversed(list(ways)) if upright else ways
        (taps, stride, dilation, outputs, _), (lines, step, gaps, rows, size) = along, across
        if dilation != 1 and taps != 1:
            return None
        words = int(_places(taps, stride)[0].max()) + 1
        words, parts = _cut(words) if lines == 1 else (max(words, min(WORDS)), 1)
        needed = outputs // 2 * stride + words * parts
        height = size if upright else min((rows - 1) * step + (lines - 1) * gaps + 1, size)
        return Digits(block, -(-needed // stride) * stride, height, words, parts, lines, upright)

    @property
    def weights(self) -> int:
        """Words of weights of a channel, an even number."""
        count = self.lines * self.parts * self.words
        return count + count % 2

    def scratch_bytes(self, op: Conv2D | DepthwiseConv2D) -> int:
        """Planes, weights of a channel and zeros behind them, the table of rows."""
        rows = op.y.shape[2] if self.upright else self.block
        return 4 * (PLANES * self.line * self.height + self.weights + self.words + 3 * rows)

    def fields(self, op: Conv2D | DepthwiseConv2D, c: Channels) -> Fields:
        """The kernel's parameters."""
        return (
            *geometry(op),
            ("pad_value", c.params.x_zero),
            ("zero_point", c.params.y_zero),
            ("low", c.params.low),
            ("high", c.params.high),
            ("upright", int(self.upright)),
            ("block", self.block),
            ("line", self.line),
            ("plane", self.line * self.height),
            ("words", self.words),
            ("parts", self.parts),
            ("weights", Constant("weights", self._weights(op, c.weights), WEIGHTS_COMMENT)),
            ("channels", Constant("channels", _constants(c), CHANNELS_COMMENT)),
        )

    def _weights(self, op: Conv2D | DepthwiseConv2D, weights: Int64) -> Array:
        """int8 [C, words, 2] of weights [C, taps]."""
        lines = weights.reshape(len(weights), *op.kernel)
        if self.upright:
            lines = np.swapaxes(lines, 1, 2)
        word, digit = _places(lines.shape[2], op.stride[0 if self.upright else 1])
        packed = np.zeros((*lines.shape[:2], self.parts * self.words, 2), np.int8)
        packed[:, :, word, 1 - digit] = lines
        pairs = packed.reshape(len(weights), -1, 2)
        return np.pad(pairs, [(0, 0), (0, self.weights - pairs.shape[1]), (0, 0)])

    def instructions(self, op: Conv2D | DepthwiseConv2D) -> float:
        """Estimate for Cortex-M4, GCC 12 -O2."""
        batch, out_h, out_w, channels = op.y.shape
        (rows, count), along = ((out_w, self.block), 0) if self.upright else ((self.block, out_w), 1)
        stride, size = op.stride[along], op.x.shape[1 + along]
        two, one = (3 * self.words + 3, 2 * self.words + 2) if self.words > min(WORDS) else (10, 8)
        if self.words not in WORDS or stride not in STRIDES:
            two, one = 16 * self.words + 60, 8 * self.words + 30
        seen = self._lines_seen(op, 1 - along) * self.parts
        pairs, rest = divmod(count + 2, 4) if count > 1 else (0, 2)
        row = 22 + pairs * (seen * two + 55) + (rest > 1) * (seen * one + 32)
        gather = self.height * (2.8 * min(2 * self.line, size) + 6 * stride)
        per_channel = 120 + 6 * self.weights + gather + rows * row
        blocks = batch * -(-out_h // self.block)
        return float(blocks * (channels * per_channel + 5 * PLANES * self.line * self.height + 30 * rows + 300))

    def _lines_seen(self, op: Conv2D | DepthwiseConv2D, axis: int) -> float:
        """Lines of the kernel inside the image, of an average row of outputs."""
        pad = (op.pad_h, op.pad_w)[axis][0]
        tops = np.arange(op.y.shape[1 + axis])[:, None] * op.stride[axis] - pad
        taps = tops + np.arange(self.lines) * op.dilation[axis]
        return float(((taps >= 0) & (taps < op.x.shape[1 + axis])).sum(axis=1).clip(1).mean())


def fits_digits(c: Channels) -> bool:
    """True when the sums of every channel span less than the base of the digits."""
    return bool((255 * np.abs(c.weights).sum(axis=1) < DIGIT).all())


def _places(taps: int, stride: int) -> tuple[Int64, Int64]:
    """(word, digit) of each tap of a line: one sequence of taps per phase of the stride, side by side."""
    place, phase = np.divmod(np.arange(taps), stride)
    return place // 2 * stride + phase, place % 2


def _cut(words: int) -> tuple[int, int]:
    """A long line as several parts: (words of a part, parts), the fewest words in all."""
    return min(((each, -(-words // each)) for each in WORDS), key=lambda cut: cut[0] * cut[1])


def _constants(c: Channels) -> Array:
    """int32 [C, 3]; the input's zero point is taken off the inputs, not folded into the bias."""
    least, most = -128 - c.params.x_zero, 127 - c.params.x_zero
    offset = -np.minimum(c.weights * least, c.weights * most).sum(axis=1)
    bias = (c.bias + c.params.x_zero * c.weights.sum(axis=1)).astype(np.int32)
    return np.stack([bias, c.multiplier, -c.shift + 256 * offset], axis=1).astype(np.int32)
