"""Convolutions, int8: four pixels by pairs of channels."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from codegen.backends.armv7em.pairs import PairedWeights, clamped_at_zero_point, is_short, pair_channels
from codegen.backends.candidate import Candidate, Constant, Fields, RowsAhead
from codegen.backends.portable.linear import UNUSED_SCRATCH, Channels, Int64, channels_of, geometry, sliding_call
from codegen.ir.ops import Conv2D
from codegen.reference import parameters

TILE = 4
"""Pixels of a tile."""

DIRECT_LINES = 8
"""Kernel rows of genc_conv_direct_s8_dsp, at most."""

LINES_COMMENT = "[part of the kernel][pair][inputs / 2], lanes 256 * B + A of inputs (4g, 4g + 2), (4g + 1, 4g + 3)"
DIRECT_COMMENT = "[two pairs][inputs / 2][2], lanes 256 * B + A of inputs (4g, 4g + 2), (4g + 1, 4g + 3)"
PAIR_COMMENT = "[pair] {bias A, B; multiplier A, shift A - 1; multiplier B, shift B - 1 + 256 * channels to the next}"
WEIGHTS_COMMENT = "[pair][inputs / 2], lanes 256 * B + A of inputs (4g, 4g + 2), (4g + 1, 4g + 3)"


def convolution(op: Conv2D) -> list[Candidate]:
    """CONV_2D without groups and without dilation along the width, when every channel is proved."""
    if op.dilation[1] != 1 and op.kernel[1] != 1:
        return []
    params = parameters.linear(op)
    channels = channels_of(_in_order(op.weights.value.astype(np.int64)), params)
    if not is_short(channels):
        return []
    packed, inputs = pair_channels(channels), channels.weights.shape[1]
    begin, end = _inside(op)
    padded = _is_padded(op)
    fields: Fields = (
        *geometry(op),
        ("in_rows_ahead", RowsAhead(0)),
        ("out_rows_ahead", RowsAhead(1)),
        ("pad_value", params.x_zero),
        ("inside_begin", begin),
        ("inside_end", end),
        ("inputs", inputs),
        ("zero_point", params.y_zero),
        ("low", params.low),
        ("high", params.high),
        ("pair_count", packed.pairs),
        ("alone", packed.alone),
        ("weights", Constant("weights", packed.weights, WEIGHTS_COMMENT)),
        ("pairs", Constant("pairs", packed.constants, PAIR_COMMENT)),
    )
    scratch_bytes = 2 * TILE * inputs + (op.kernel[1] * op.x.shape[3] if padded else 0)
    call = sliding_call(op, "genc_conv_s8_dsp", fields, scratch_bytes, align=8)
    if op.kernel == (1, 1) and op.x.shape == op.y.shape and not padded:
        call = replace(call, in_place=frozenset({0}))  # pixels are read, four at a time, before they are written
    why = "pairs of channels by 4 pixels" + ("" if op.kernel == (1, 1) else ", patches gathered")
    rows = op.y.size // (op.y.shape[2] * op.y.shape[3])
    by_calls = partial(_instructions, op, channels, len(packed.weights))
    return [
        Candidate(op, "armv7em", (call,), by_calls(rows), why, by_calls),
        *_by_lines(op, channels, packed),
        *_direct(op, channels, packed),
    ]


def _by_lines(op: Conv2D, c: Channels, packed: PairedWeights) -> list[Candidate]:
    """The kernel that takes a line, or half of one, at a time, when lines are whole words and tiles fill the rows."""
    line_bytes, lines = op.kernel[1] * op.x.shape[3], op.kernel[0]
    if line_bytes % 4 or not 1 < lines <= DIRECT_LINES or packed.alone or op.y.shape[2] % TILE:
        return []
    offers = []
    for parts in (1, 2) if line_bytes % 8 == 0 else (1,):
        weights = np.ascontiguousarray(np.swapaxes(packed.weights.reshape(packed.pairs, lines * parts, -1), 0, 1))
        inputs, edge = line_bytes // parts, line_bytes if _is_padded(op) else 0
        scratch_bytes = 8 * TILE * packed.pairs + 2 * TILE * inputs + edge
        fields = _row_fields(op, c, packed, parts, Constant("weights", weights, LINES_COMMENT))
        call = sliding_call(op, "genc_conv_lines_s8_dsp", fields, scratch_bytes, align=8)
        why = f"pairs of channels by 4 pixels, {'a line' if parts == 1 else 'half a line'} at a time"
        offers.append(Candidate(op, "armv7em", (call,), _line_instructions(op, packed.pairs, parts), why))
    return offers


def _direct(op: Conv2D, c: Channels, packed: PairedWeights) -> list[Candidate]:
    """The kernel with little scratch, when lines are whole words and pairs even in number."""
    line_bytes = op.kernel[1] * op.x.shape[3]
    if line_bytes % 4 or op.kernel[0] > DIRECT_LINES or packed.pairs % 2 or 2 * packed.pairs != op.y.shape[3]:
        return []
    weights = np.swapaxes(packed.weights.reshape(packed.pairs // 2, 2, -1), 1, 2).copy()
    fields = _row_fields(op, c, packed, 1, Constant("weights", weights, DIRECT_COMMENT))
    scratch_bytes = 2 * op.kernel[0] * line_bytes if _is_padded(op) else UNUSED_SCRATCH
    call = sliding_call(op, "genc_conv_direct_s8_dsp", fields, scratch_bytes)
    return [Candidate(op, "armv7em", (call,), _direct_instructions(op), "two pairs of channels by 2 pixels")]


def _row_fields(op: Conv2D, c: Channels, packed: PairedWeights, parts: int, weights: Constant) -> Fields:
    """The parameters of the kernels that take the input line by line."""
    return (
        *geometry(op),
        ("pad_value", c.params.x_zero),
        ("zero_point", c.params.y_zero),
        ("low", c.params.low),
        ("high", c.params.high),
        ("parts", parts),
        ("pair_count", packed.pairs),
        ("weights", weights),
        ("pairs", Constant("pairs", packed.constants, PAIR_COMMENT)),
    )


def _is_padded(op: Conv2D) -> bool:
    return any((*op.pad_h, *op.pad_w))


def _inside(op: Conv2D) -> tuple[int, int]:
    """The output pixels [begin, end) of a row whose window lies inside it."""
    stride, pad = op.stride[1], op.pad_w[0]
    end = min((op.x.shape[2] - op.kernel[1] + pad) // stride + 1, op.y.shape[2])
    begin = -(-pad // stride)
    return (begin, end) if begin < end else (0, 0)


def _in_order(weights: Int64) -> Int64:
    """[O, KH, KW, C] -> [O, inputs] as genc_conv_s8_dsp.h orders them."""
    lines = weights.reshape(*weights.shape[:2], -1)
    fours = lines.shape[2] // 4 * 4
    outputs = len(lines)
    last = lines[:, :, fours:].reshape(outputs, -1)
    padded = np.pad(last, [(0, 0), (0, -last.shape[1] % 4)])
    return np.concatenate([lines[:, :, :fours].reshape(outputs, -1), padded], axis=1)


def _instructions(op: Conv2D, c: Channels, pairs: int, rows: int) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2, when each call computes `rows` rows."""
    fours, pixels = c.weights.shape[1] // 4, op.y.size // op.y.shape[3]
    per_call = op.y.shape[2] * rows
    tiles, rest = (each * pixels / per_call for each in divmod(per_call, TILE))
    per_pair = 24 * fours + 3 * (1 + (fours - 1) // 4) + _per_pair(op)
    line_fours, line_rest = divmod(op.kernel[1] * op.x.shape[3], 4)
    short = op.kernel[0] == 1 or (op.kernel[0] == 3 and line_rest == 1)
    gather = 5 + op.kernel[0] * (1.3 + 4.25 * line_fours)
    if line_rest:
        gather += 22 if short else 18 + 13 * op.kernel[0] * line_rest
    begin, end = _inside(op)
    edges = pixels * (1 - (end - begin) / op.y.shape[2]) + (op.y.shape[2] * op.y.shape[0] if any(op.pad_h) else 0)
    work = tiles * (pairs * per_pair + 115) + rest * pairs * (9 * fours + 45) + pixels * gather
    return float(work + edges * (200 + 150 * op.kernel[0]) + 200 * pixels / per_call)


def _per_pair(op: Conv2D) -> int:
    """What a pair of four pixels takes beside its products."""
    return 68 if clamped_at_zero_point(op) else 82


def _direct_instructions(op: Conv2D) -> float:
    """Estimate of the kernel with little scratch, the same however many rows a call computes."""
    rows, out_w = op.y.size // (op.y.shape[2] * op.y.shape[3]), op.y.shape[2]
    lines, fours = op.kernel[0], op.kernel[1] * op.x.shape[3] // 4
    two_pixels = op.y.shape[3] // 4 * (lines * (fours * 33.5 + 12) + 100) + 65 + 8 * lines
    return float(rows * (-(-out_w // 2) * two_pixels + 60 + 30 * lines))


def _line_instructions(op: Conv2D, pairs: int, parts: int) -> float:
    """Estimate of the kernel that takes a line at a time, the same however many rows a call computes."""
    lines, fours = op.kernel[0] * parts, op.kernel[1] * op.x.shape[3] / (4 * parts)
    per_line = pairs * (fours * 24.75 + 18) + TILE * (2 + 4.25 * fours) + 75
    tiles = op.y.size // (op.y.shape[3] * TILE)
    return float(tiles * (lines * per_line + pairs * (_per_pair(op) + 10) + 70))
