"""Convolutions of int16 activations and int8 weights: four pixels by pairs of channels, sums of 32 bits.

Guarantee: nothing is offered unless no sum can leave int32 (by the actual weights) and the lower half of its product
with the multiplier cannot change the result (runtime_c/armv7em/genc_conv_s16_dsp.h).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from codegen.backends.candidate import Candidate, Constant, Fields
from codegen.backends.portable.linear import geometry, sliding_call
from codegen.ir import Array
from codegen.ir.ops import Conv2D
from codegen.reference import parameters
from codegen.reference.fixed_point import narrow_multiplier
from codegen.reference.parameters import LinearParams

TILE = 4
"""Pixels of a tile."""

LARGEST = 2**15
"""Magnitude of an input."""

HALF = 16
"""Bits of a product that need not be known."""

WEIGHTS_COMMENT = "[pair][inputs / 2], bytes: both channels of input 2i, both of input 2i + 1"
PAIR_COMMENT = "[pair] {bias, multiplier, add, shift} of both channels, bytes to the next pair"


def conv_2d(op: Conv2D) -> list[Candidate]:
    """CONV_2D without groups and dilation along the width, of two output channels or more."""
    outputs = op.y.shape[3]
    if op.groups != 1 or outputs < 2 or (op.dilation[1] != 1 and op.kernel[1] != 1):
        return []
    p, weights = parameters.linear(op), op.weights.value.reshape(outputs, -1).astype(np.int64)
    channels = _channels(p, weights)
    if channels is None:
        return []
    firsts = np.minimum(np.arange(0, outputs, 2), outputs - 2)  # the last pair may compute a channel again
    following = 2 * np.diff([*firsts, outputs])[:, None] - 2
    pairs = np.concatenate([channels[firsts], channels[firsts + 1], following], axis=1).astype(np.int32)
    packed = _weights(weights, firsts)
    fields: Fields = (
        *geometry(op),
        ("low", p.low),
        ("high", p.high),
        ("words", packed.shape[1]),
        ("pair_count", len(firsts)),
        ("weights", Constant("weights", packed, WEIGHTS_COMMENT)),
        ("pairs", Constant("pairs", pairs, PAIR_COMMENT)),
    )
    scratch_bytes = 20 * packed.shape[1] + TILE * 2 * outputs
    call = sliding_call(op, "genc_conv_s16_dsp", fields, scratch_bytes, align=8)
    by_calls = partial(_instructions, op, packed.shape[1])
    rows = op.y.size // (op.y.shape[2] * outputs)
    return [
        Candidate(op, "armv7em", (call,), by_calls(rows), "pairs of channels by 4 pixels, sums of 32 bits", by_calls)
    ]


def _channels(p: LinearParams, weights: Array) -> Array | None:
    """int64 [O, 4] {bias, multiplier, add, shift}, or None when a channel is not proved."""
    sums = abs(weights).sum(axis=1) * LARGEST + abs(p.bias)
    right = 15 - p.shift.astype(np.int64) - HALF
    if not p.wide or (sums >= 2**31).any() or right.min() < 1 or right.max() > 30:
        return None
    return np.stack([p.bias, narrow_multiplier(p.multiplier) << HALF, np.int64(1) << (right - 1), right], axis=1)


def _weights(weights: Array, firsts: Array) -> Array:
    """uint32 [pairs, words]."""
    padded = np.pad(weights, [(0, 0), (0, -weights.shape[1] % 4)])
    both = np.stack([padded[firsts], padded[firsts + 1]], axis=2)
    return np.ascontiguousarray(both.astype(np.int8)).reshape(len(firsts), -1).view(np.dtype("<u4")).astype(np.uint32)


def _instructions(op: Conv2D, words: int, rows: int) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2, when each call computes `rows` rows."""
    outputs, per_call = op.y.shape[3], op.y.shape[2] * rows
    pixels, lines = op.y.size // outputs, op.kernel[0]
    tiles = pixels / per_call * -(-per_call // TILE)
    return float(tiles * (-(-outputs // 2) * (14.5 * words + 62) + 40) + pixels * (30 + lines * 32 + words * 4))
