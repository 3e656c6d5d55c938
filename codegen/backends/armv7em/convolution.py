"""Convolutions, int8: four pixels by pairs of channels."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from codegen.backends.armv7em.pairs import is_short, pair_channels
from codegen.backends.candidate import Candidate, Constant, Fields
from codegen.backends.portable.linear import Channels, Int64, channels_of, geometry, sliding_call
from codegen.ir.ops import Conv2D
from codegen.reference import parameters

TILE = 4
"""Pixels of a tile."""

PAIR_COMMENT = "[pair] {bias A, bias B, multiplier A, shift A, multiplier B, shift B + 256 * channels to the next}"
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
    padded = any((*op.pad_h, *op.pad_w))
    fields: Fields = (
        *geometry(op),
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
    return [Candidate(op, "armv7em", (call,), by_calls(rows), why, by_calls)]


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
    by_words = np.pad(last, [(0, 0), (0, -last.shape[1] % 4)]).reshape(outputs, -1, 2, 2)
    words = [lines[:, :, :fours].reshape(outputs, -1), np.swapaxes(by_words, 2, 3).reshape(outputs, -1)]
    return np.concatenate(words, axis=1)


def _instructions(op: Conv2D, c: Channels, pairs: int, rows: int) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2, when each call computes `rows` rows."""
    inputs, pixels = c.weights.shape[1], op.y.size // op.y.shape[3]
    per_call = op.y.shape[2] * rows
    tiles, rest = (each * pixels / per_call for each in divmod(per_call, TILE))
    per_pair = inputs / 4 * 2 * (12 + 1.5 / 2) + 88
    gather = pixels * op.kernel[0] * (30 + inputs / op.kernel[0] * 1.5)
    return float(tiles * (pairs * per_pair + 60) + rest * pairs * (inputs / 4 * 9 + 45) + gather)
