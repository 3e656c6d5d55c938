"""Depthwise convolutions 3x3, int8, whose output lies on its input: the rows that it sees again are kept apart."""

from __future__ import annotations

from functools import partial

from codegen.backends.armv7em.depthwise import Planes, pair_instructions
from codegen.backends.armv7em.pairs import is_short
from codegen.backends.candidate import Call, Candidate, Operand, rowwise
from codegen.backends.portable.linear import Channels, channels_of
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.reference import parameters

KEPT_ROWS = 2
"""Rows of a window but the last one."""

BLOCK_PIXELS = (96, 48, 40, 24, 8)
"""Pixels of the blocks on offer, about; and single rows."""


def keeping_rows(op: Conv2D | DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """Candidates of a layer with weights [KH, KW, C]: one image, an output of its shape.

    There are no strides and no dilation, and at most one row of padding below: what is kept are rows that exist.
    """
    plain = op.kernel == (3, 3) and op.stride == op.dilation == (1, 1)
    if not plain or op.x.shape != op.y.shape or op.x.shape[0] != 1 or _lag(op) > 1:
        return []
    channels = channels_of(weights.reshape(op.kernel[0] * op.kernel[1], -1).T, parameters.linear(op))
    if not is_short(channels):
        return []
    height, width = op.y.shape[1:3]
    sizes = dict.fromkeys(min(-(-pixels // width), height) for pixels in (*BLOCK_PIXELS, 1))
    shapes = filter(None, (Planes.of(op, rows) for rows in sizes))
    return [_candidate(op, channels, shape) for shape in shapes]


def _candidate(op: Conv2D | DepthwiseConv2D, channels: Channels, shape: Planes) -> Candidate:
    height, row_bytes = op.x.shape[1], op.x.bytes // op.x.shape[1]
    call = Call(
        "genc_depthwise_kept_s8_dsp",
        shape.fields(op, channels),
        (_new_rows(op, shape.block),),
        (rowwise(op.y, height),),
        height,
        shape.scratch_bytes(op),
        scratch_align=4,
        in_place=frozenset({0}),
        kept_bytes=KEPT_ROWS * row_bytes,
        lag=_lag(op),
    )
    why = f"planes, {shape.block} rows together, rows that are seen again are kept"
    by_calls = partial(_instructions, op, shape.block)
    return Candidate(op, "armv7em", (call,), by_calls(height), why, by_calls)


def _new_rows(op: Conv2D | DepthwiseConv2D, block: int) -> Operand:
    """The input: a block of output rows reads the rows that no block before it has read."""
    height, row_bytes, lag = op.x.shape[1], op.x.bytes // op.x.shape[1], _lag(op)
    rows = range(height)
    first = tuple(row - block + 1 + lag if row >= block else 0 for row in rows)
    last = tuple(min(row + lag, height - 1) for row in rows)
    alone = tuple(row + lag if row else 0 for row in rows)
    return Operand(op.x, height, row_bytes, first, last, alone=alone)


def _lag(op: Conv2D | DepthwiseConv2D) -> int:
    """Rows of a window below its output row."""
    return KEPT_ROWS - op.pad_h[0]


def _instructions(op: Conv2D | DepthwiseConv2D, block: int, rows: int) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2, when each call computes `rows` rows."""
    shape = Planes.of(op, min(block, rows))
    assert shape is not None
    _, height, width, channels = op.y.shape
    blocks, full = -(-height // shape.block), height / shape.block
    lines, count = (width, shape.block) if shape.upright else (shape.block, width)
    once = blocks * (100 + 15 * lines + 3.6 * width * KEPT_ROWS) + 2.1 * height * width
    return channels * (once + full * lines * -(-count // 2) * pair_instructions(op, 1))
