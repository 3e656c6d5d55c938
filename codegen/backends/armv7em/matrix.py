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

STREAM_COMMENT = "[block of 4 pairs]{biases, weights, scales}, then [pair] likewise; lanes 256 * B + A"


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
        ("blocked", min(outputs, _blocks(outputs) * 2 * BLOCK)),
        ("low", params.low),
        ("high", params.high),
        ("scale", Constant("scale", scales[0], "{multiplier, add, shift}") if alike else None),
        ("stream", Constant("stream", _stream(c, None if alike else scales), STREAM_COMMENT)),
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


def _stream(c: Channels, scales: Array | None) -> Array:
    """uint32, as runtime_c/armv7em/genc_fully_connected_s8_dsp.h has it; `scales` when they differ."""
    outputs, depth = c.weights.shape
    w = np.pad(c.weights, [(0, outputs % 2), (0, -depth % 4)])
    words = lanes_of(w[0::2], w[1::2])
    bias = np.pad(c.bias, (0, outputs % 2))
    biases = np.stack([bias[0::2], bias[0::2] + 256 * bias[1::2]], axis=1)
    whole = _blocks(outputs) * BLOCK
    sizes = [BLOCK] * _blocks(outputs) + [1] * (len(words) - whole)
    parts, first = [], 0
    for size in sizes:
        pairs = slice(first, first + size)
        parts += [biases[pairs].reshape(-1), words[pairs].reshape(size, -1, 2).transpose(1, 2, 0).reshape(-1)]
        if scales is not None:
            parts.append(scales[2 * first : 2 * (first + size)].reshape(-1))
        first += size
    return (np.concatenate([part.astype(np.int64) for part in parts]) & 0xFFFFFFFF).astype(np.uint32)


def _blocks(outputs: int) -> int:
    """Blocks of four pairs; the last pair may lack its B."""
    return (outputs + 1) // (2 * BLOCK)


def _instructions(outputs: int, depth: int) -> float:
    """Estimate of a row for Cortex-M4, GCC 12 -O2."""
    groups, blocks = -(-depth // 4), _blocks(outputs)
    pairs = -(-outputs // 2) - blocks * BLOCK
    return float(80 + blocks * (57 + 32.6 * groups) + pairs * (25 + 14 * groups))
