"""Pairs of output channels in the lanes of a word: what runtime_c/armv7em/genc_tile_s8.h multiplies by.

Problem: two channels A and B, lane = 256 * B + A, are told apart exactly only while B stays inside +-2**23 and
the lane inside int16; the requantisation has one short form.
Method: neighbours pair when the second can be a B; else the first is an A whose B is nothing, which the next pair
writes over.  The last channel, when nothing is left to write over its B, pairs with the one before, computed twice.
Guarantee: no packing is made of channels for which the arithmetic is not proved exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.backends.portable.linear import Channels, Int64, channel_table, fits_int8
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.reference import parameters

B_LIMIT = 2**23
"""An accumulator of a B is smaller, in magnitude."""

WORST_WEIGHT = -128
"""Not possible in a B beside a negative A: the lane would leave int16."""


@dataclass(frozen=True, eq=False)
class PairedWeights:
    """A layer's weights and constants, ready for the kernels.

    Attributes:
        weights: uint32 [pairs, K/2], those of a channel alone behind the pairs; alone is who cannot be a B.
        constants: int32 [pairs, 6], likewise.
        pairs: number of pairs, without the channel alone.
        alone: 1 when the last channel has no pair.
    """

    weights: Array
    constants: Array
    pairs: int
    alone: int


def is_short(c: Channels) -> bool:
    """True when every channel takes the short form of requantisation, and every weight is one of 8 bits."""
    return fits_int8(c.weights) and bool((channel_table(c)[:, 3] > 0).all())


def clamped_at_zero_point(op: Conv2D | DepthwiseConv2D) -> bool:
    """True when outputs are clamped at the zero point or above: rounding needs no sign."""
    params = parameters.linear(op)
    return params.low >= params.y_zero


def pair_channels(c: Channels) -> PairedWeights:
    """Pair neighbouring channels; the weights [O, K] have a K that is a multiple of four."""
    outputs = len(c.weights)
    firsts = _firsts(c)
    alone = int(firsts[-1] == outputs - 1)
    ahead = np.diff([*firsts, outputs])
    seconds = np.minimum(np.add(firsts, 1), outputs - 1)
    words = lanes_of(c.weights[firsts], np.where(ahead[:, None] == 2, c.weights[seconds], 0))
    columns = [
        c.bias[firsts],
        np.where(ahead == 2, c.bias[seconds], 0),
        c.multiplier[firsts],
        -c.shift[firsts] - 1,
        c.multiplier[seconds],
        -c.shift[seconds] - 1 + 256 * ahead,
    ]
    return PairedWeights(
        words,
        np.stack(columns, axis=1).astype(np.int32),
        len(firsts) - alone,
        alone,
    )


def _firsts(c: Channels) -> list[int]:
    """The A of each pair."""
    fits = may_be_second(c)
    firsts, channel = [], 0
    while channel < len(fits):
        firsts.append(channel)
        paired = channel + 1 < len(fits) and fits[channel + 1]
        channel += 2 if paired else 1
    last = len(fits) - 1
    if firsts[-1] == last > 0 and fits[last]:
        firsts[-1] = last - 1
    return firsts


def may_be_second(c: Channels) -> npt.NDArray[np.bool_]:
    """Which channels can be the B of a pair."""
    return np.asarray(
        (c.low > -B_LIMIT) & (c.high < B_LIMIT) & (c.weights > WORST_WEIGHT).all(axis=1),
    )


def lanes_of(a: Int64, b: Int64) -> Array:
    """Weights [pairs, K] twice -> uint32 [pairs, K/2]: words hold inputs (4g, 4g + 2) and (4g + 1, 4g + 3)."""
    lanes = np.swapaxes((256 * b + a).reshape(len(a), -1, 2, 2), 2, 3)
    assert ((lanes >= -(2**15)) & (lanes < 2**15)).all(), "a lane leaves int16"
    words = (lanes[..., 0] & 0xFFFF) | (lanes[..., 1] & 0xFFFF) << 16
    return np.asarray(words.reshape(len(a), -1).astype(np.uint32))
