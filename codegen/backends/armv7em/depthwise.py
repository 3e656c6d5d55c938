"""Depthwise convolutions, int8: four channels at a time, taken apart into planes: 3x3, and any kernel (wide.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from codegen.backends.armv7em.pairs import clamped_at_zero_point, is_short
from codegen.backends.armv7em.wide import Digits, fits_digits
from codegen.backends.candidate import Call, Candidate, Constant, Fields, Operand, RowsAhead, rowwise
from codegen.backends.portable.linear import Channels, channels_of, geometry, sliding_call
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.reference import parameters

PLANES = 4
"""Channels taken apart together."""

IMAGE_SCRATCH = 4
"""Whole images are taken apart when the planes need no more than this part of the image."""

BLOCK_ROWS = 4
"""A block has at least so many rows, if the image does: lines that windows share are taken apart once."""

BLOCK_OUTPUTS = 24
"""A block has at least so many output pixels, if the image does: what a channel costs is shared by them."""

LEAN_BLOCKS = (16, 8, 4, 2, 1)
"""Smaller blocks are offered too: they take less scratch, and their output lies nearer to the input."""

WEIGHTS_COMMENT = "[channel][line][tap], lines padded with 0 to four taps"
CHANNELS_COMMENT = "[channel] {bias, multiplier, shift}, input offset folded in"


@dataclass(frozen=True)
class Planes:
    """The shape of the planes of a block, kernel 3x3.

    Attributes:
        block: output rows computed together.
        line: int16 of a line.
        height: lines of a plane.
        upright: lines run along the height.
    """

    block: int
    line: int
    height: int
    upright: bool

    @staticmethod
    def of(op: Conv2D | DepthwiseConv2D, block: int) -> Planes | None:
        """Those of an operator: whichever way its lines run, the fewest instructions; None: it has no such way."""
        ways = [Planes.along(op, block, upright=upright) for upright in (False, True)]
        return min(filter(None, ways), key=lambda shape: shape.instructions(op), default=None)

    @staticmethod
    def along(op: Conv2D | DepthwiseConv2D, block: int, *, upright: bool) -> Planes | None:
        """Those with lines along the height (`upright`) or the width."""
        ways = zip(op.stride, op.dilation, (block, op.y.shape[2]), strict=True)
        across, along = reversed(list(ways)) if upright else ways
        (stride, dilation, outputs), (step, gaps, rows) = along, across
        if op.kernel != (3, 3) or dilation != 1 or stride not in (1, 2):
            return None
        return Planes(block, _even(outputs) * stride + 2, (rows - 1) * step + 2 * gaps + 1, upright)

    def scratch_bytes(self, _: Conv2D | DepthwiseConv2D) -> int:
        """Planes."""
        return 2 * PLANES * self.line * self.height

    def fields(self, op: Conv2D | DepthwiseConv2D, c: Channels) -> Fields:
        """The kernel's parameters."""
        lines = c.weights.reshape(len(c.weights), 3, 3)
        lines = np.pad(np.swapaxes(lines, 1, 2) if self.upright else lines, [(0, 0), (0, 0), (0, 1)]).astype(np.int8)
        constants = np.stack([c.bias, c.multiplier, -c.shift], axis=1).astype(np.int32)
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
            ("in_rows_ahead", RowsAhead(0)),
            ("out_rows_ahead", RowsAhead(1)),
            ("weights", Constant("weights", lines, WEIGHTS_COMMENT)),
            ("channels", Constant("channels", constants, CHANNELS_COMMENT)),
        )

    def instructions(self, op: Conv2D | DepthwiseConv2D) -> float:
        """Estimate for Cortex-M4, GCC 12 -O2."""
        (batch, out_h, out_w, channels), (in_h, in_w) = op.y.shape, op.x.shape[1:3]
        lines, pixels = (in_w, in_h) if self.upright else (in_h, in_w)
        rows, count = (out_w, self.block) if self.upright else (self.block, out_w)
        pair = pair_instructions(op, op.stride[0 if self.upright else 1])
        gather = min(self.height, lines) * (2.43 * min(self.line, pixels) + 8)
        per_channel = 54 + gather + rows * (pair * -(-count // 2) + 9)
        blocks = batch * -(-out_h // self.block)
        return float(blocks * (channels * per_channel + 500 + 2.5 * self.line * self.height))


def pair_instructions(op: Conv2D | DepthwiseConv2D, stride: int) -> int:
    """Estimate of a pair of outputs `stride` taps apart."""
    return 32 + 2 * stride + (0 if clamped_at_zero_point(op) else 4)


Shape = Planes | Digits
FAMILIES: dict[str, Callable[[Conv2D | DepthwiseConv2D, int], Shape | None]] = {
    "genc_depthwise{}_s8_dsp": Planes.of,
    "genc_depthwise_wide{}_s8_dsp": Digits.of,
}
"""Kernel -> the shape of its blocks of so many rows."""


def depthwise(op: Conv2D | DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """Candidates of a depthwise convolution with weights [KH, KW, C]."""
    (kh, kw), params = op.kernel, parameters.linear(op)
    channels = channels_of(weights.reshape(kh * kw, -1).T, params)
    if not is_short(channels):
        return []
    out_h, out_w = op.y.shape[1:3]
    most = min(out_h, max(BLOCK_ROWS, -(-BLOCK_OUTPUTS // out_w)))
    blocks = [most, *(rows for rows in LEAN_BLOCKS if rows < most)]
    offers = []
    for kernel, shape_of in FAMILIES.items():
        if shape_of is Digits.of and not fits_digits(channels):
            continue
        shapes = [shape_of(op, rows) for rows in blocks]
        offers += [_by_rows(op, channels, kernel.format(""), shape_of, shape) for shape in shapes if shape]
        images = shape_of(op, out_h)
        if images and _lies_over_input(op) and IMAGE_SCRATCH * images.scratch_bytes(op) <= op.x.bytes:
            offers.append(_by_images(op, channels, kernel.format("_images"), images))
    return offers


def _lies_over_input(op: Conv2D | DepthwiseConv2D) -> bool:
    """True when every channel of the output can lie where this channel of the input lies, and it is worth it."""
    return op.x.shape == op.y.shape or (op.x.shape[0] == 1 and op.stride == (1, 1))


def _by_rows(
    op: Conv2D | DepthwiseConv2D,
    channels: Channels,
    kernel: str,
    shape_of: Callable[[Conv2D | DepthwiseConv2D, int], Shape | None],
    shape: Shape,
) -> Candidate:
    """Blocks of rows."""
    call = sliding_call(op, kernel, shape.fields(op, channels), shape.scratch_bytes(op), align=4)
    call = replace(call, inputs=(_read_by_blocks(call, shape.block),))

    def by_calls(rows: int) -> float:
        called = shape_of(op, min(shape.block, rows))
        return called.instructions(op) if called else shape.instructions(op)

    why = f"planes, {shape.block} rows together"
    return Candidate(op, "armv7em", (call,), shape.instructions(op), why, by_calls)


def _by_images(op: Conv2D | DepthwiseConv2D, channels: Channels, kernel: str, shape: Shape) -> Candidate:
    """Whole images, in place."""
    held = {"in_rows_held": op.x.shape[0] * op.x.shape[1], "in_rows_ahead": 0}
    held |= {"out_rows_held": op.y.shape[0] * op.y.shape[1], "out_rows_ahead": 0}
    fields = tuple((name, held.get(name, value)) for name, value in shape.fields(op, channels))
    images = op.x.shape[0]
    call = Call(
        kernel,
        fields,
        (rowwise(op.x, images),),
        (rowwise(op.y, images),),
        images,
        shape.scratch_bytes(op),
        scratch_align=4,
        in_place=frozenset({0}),
    )
    return Candidate(op, "armv7em", (call,), shape.instructions(op), "planes, in place")


def _even(number: int) -> int:
    return number + number % 2


def _read_by_blocks(call: Call, block: int) -> Operand:
    """The input, of which a row is still read while the last row of its block is written."""
    x = call.inputs[0]
    return replace(x, first=tuple(x.first[max(row - block + 1, 0)] for row in range(len(x.first))), alone=x.first)
