"""Depthwise convolutions of few outputs, int8: four channels of a pixel, tap by tap; no planes, no scratch."""

from __future__ import annotations

import numpy as np

from codegen.backends.armv7em.pairs import is_short
from codegen.backends.candidate import Candidate, Constant, Fields
from codegen.backends.portable.linear import Channels, channels_of, geometry, sliding_call
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.reference import parameters

CHANNELS = 4
"""Taken at a time."""

WEIGHTS_COMMENT = "[block of 4 channels][tap], a byte for each channel"
CHANNELS_COMMENT = "[block][4] {bias, multiplier, shift}, input offset folded in"


def depthwise_taps(op: Conv2D | DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """A convolution without padding with weights [KH, KW, C], four channels or more."""
    if any((*op.pad_h, *op.pad_w)) or op.x.shape[3] < CHANNELS:
        return []
    params = parameters.linear(op)
    c = channels_of(weights.reshape(-1, weights.shape[2]).T, params)
    if not is_short(c):
        return []
    starts = np.minimum(np.arange(0, len(c.weights), CHANNELS), len(c.weights) - CHANNELS)
    order = starts[:, None] + np.arange(CHANNELS)
    fields: Fields = (
        *geometry(op),
        ("zero_point", params.y_zero),
        ("low", params.low),
        ("high", params.high),
        ("weights", Constant("weights", _words(c, order), WEIGHTS_COMMENT)),
        ("channels", Constant("channels", _constants(c)[order], CHANNELS_COMMENT)),
    )
    call = sliding_call(op, "genc_depthwise_taps_s8_dsp", fields, 0)
    return [Candidate(op, "armv7em", (call,), _instructions(op, len(order)), "four channels of a pixel, tap by tap")]


def _words(c: Channels, order: Array) -> Array:
    """uint32 [blocks, taps]."""
    taps = np.ascontiguousarray(np.swapaxes(c.weights[order], 1, 2)).astype(np.int8)
    return taps.view(np.dtype("<u4"))[..., 0].astype(np.uint32)


def _constants(c: Channels) -> Array:
    """int32 [C, 3]."""
    return np.stack([c.bias, c.multiplier, -c.shift], axis=1).astype(np.int32)


def _instructions(op: Conv2D | DepthwiseConv2D, blocks: int) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2."""
    kh, kw = op.kernel
    lines, taps = (1, kh) if kw == 1 else (kh, kw)
    block = lines * (40 + 11 * taps + taps % 2 * 2) + 100
    pixels = op.y.size // op.y.shape[3]
    return float(pixels * (blocks * block + 10) + pixels // op.y.shape[2] * 60)
