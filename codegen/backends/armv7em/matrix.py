"""Matrix products, int8: eight outputs at a time, in pairs."""

from __future__ import annotations

import numpy as np

from codegen.backends.armv7em.pairs import lanes_of, may_be_second
from codegen.backends.candidate import Call, Candidate, Constant, Fields, RowsHeld, rowwise
from codegen.backends.portable.linear import Channels, channels_of, fits_int8
from codegen.ir import Array
from codegen.ir.ops import FullyConnected
from codegen.reference import parameters

BLOCK = 4
"""Pairs that share one pass over the input."""

WEIGHTS_COMMENT = "[block of 4 pairs][group][2][4], then [pair][group][2]; lanes 256 * B + A"


def fully_connected(op: FullyConnected) -> list[Candidate]:
    """FULLY_CONNECTED, rounded once, when every output is proved."""
    params = parameters.linear(op)
    c = channels_of(op.weights.value, params)
    outputs, depth = c.weights.shape
    scales = _scales(c)
    if scales is None or not fits_int8(c.weights) or not may_be_second(c)[1::2].all():
        return []
    alike = bool((scales == scales[0]).all())
    rows = op.x.size // depth
    fields: Fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("outputs", outputs),
        ("out_rows_held", RowsHeld(1)),
        ("low", params.low),
        ("high", params.high),
        ("scale_step", 0 if alike else 3),
        ("weights", Constant("weights", _words(c), WEIGHTS_COMMENT)),
        ("bias", Constant("bias", _bias(c), "[pair] {A, A + 256 * B}, input offset folded in")),
        ("scales", Constant("scales", scales[:1] if alike else scales, "{multiplier, add, shift}")),
    )
    call = Call("genc_fully_connected_s8_dsp", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    return [Candidate(op, "armv7em", (call,), rows * _instructions(outputs, depth), "pairs of outputs, 8 at a time")]


def _scales(c: Channels) -> Array | None:
    """int32 [O, 3] {multiplier, add, shift}; None when (add + sum * multiplier / 2**32) >> shift may not fit."""
    shift = -1 - c.shift
    if (shift < 1).any() or (shift > 31).any():
        return None
    add = (np.int64(1) << (shift - 1)) + (np.int64(c.params.y_zero) << shift)
    ends = [add, *(add + (bound * c.multiplier >> 32) for bound in (c.low, c.high))]
    if any((end < -(2**31)).any() or (end >= 2**31).any() for end in ends):
        return None
    return np.stack([c.multiplier, add, shift], axis=1).astype(np.int32)


def _words(c: Channels) -> Array:
    """Weights as runtime_c/armv7em/genc_fully_connected_s8_dsp.h has them."""
    outputs, depth = c.weights.shape
    w = np.pad(c.weights, [(0, outputs % 2), (0, -depth % 4)])
    words = lanes_of(w[0::2], w[1::2])
    groups, whole = words.shape[1] // 2, _blocks(outputs) * BLOCK
    blocks = words[:whole].reshape(-1, BLOCK, groups, 2).transpose(0, 2, 3, 1)
    return np.concatenate([blocks.reshape(-1), words[whole:].reshape(-1)])


def _blocks(outputs: int) -> int:
    """Blocks of four pairs; the last pair may lack its B."""
    return (outputs + 1) // (2 * BLOCK)


def _bias(c: Channels) -> Array:
    """int32 [pairs, 2]."""
    bias = np.pad(c.bias, (0, len(c.bias) % 2))
    return np.stack([bias[0::2], bias[0::2] + 256 * bias[1::2]], axis=1).astype(np.int32)


def _instructions(outputs: int, depth: int) -> float:
    """Estimate of a row for Cortex-M4, GCC 12 -O2."""
    groups, blocks = -(-depth // 4), _blocks(outputs)
    pairs = -(-outputs // 2) - blocks * BLOCK
    return float(60 + blocks * (150 + 33.5 * groups) + pairs * (60 + 15 * groups))
