"""Layers with weights for libraries that scale a sum by a doubling high multiply and a rounding shift: rounded twice.

TFLite's convolutions are scaled so, too.  Its FULLY_CONNECTED rounds once; for it factors are found that give the same.
"""

from __future__ import annotations

import numpy as np

from codegen.backends.cmsis_nn.rounding import equal_factor
from codegen.backends.library import Declined
from codegen.backends.portable.linear import Channels, Int64, channels_of
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.ir.ops.linear import has_wide_weights
from codegen.reference import parameters

SHIFT_MOST = 30
"""Bits that a library shifts by, to either side."""


def safe_channels(op: Conv2D | DepthwiseConv2D | FullyConnected, weights: Array) -> Channels:
    """The numbers of a layer whose weights are [O, K]; Declined when a sum, or a shifted one, may leave 30 bits."""
    if has_wide_weights(op):
        raise Declined("no function for weights of 16 bits")
    c = channels_of(weights, parameters.linear(op))
    left = np.clip(c.shift, 0, SHIFT_MOST)
    ends = (c.low << left, c.high << left, bias_of(c), c.bias)
    fits = (abs(c.shift) <= SHIFT_MOST) & (c.multiplier >= 0)
    fits &= np.all([abs(end) < 2**30 for end in ends], axis=0)
    if not fits.all():
        raise Declined(f"its sums may overflow: channel {np.argmin(fits)}")
    return c


def bias_of(c: Channels) -> Int64:
    """The bias without the input offset, for libraries that add that themselves."""
    return np.asarray(c.bias + c.params.x_zero * c.weights.sum(axis=1))


def equal_factors(c: Channels) -> Int64:
    """int64 [O, 3] {multiplier, shift, what to add to the bias}: rounded twice like once.

    Raises:
        Declined: some output has none.
    """
    p = c.params
    rows: list[tuple[int, int, int]] = []
    results = (p.low - p.y_zero, p.high - p.y_zero)
    for multiplier, shift, low, high in zip(c.multiplier, c.shift, c.low, c.high, strict=True):
        found = equal_factor(int(multiplier), int(shift), (int(low), int(high)), results)
        if found is None:
            raise Declined(f"it rounds twice, TFLite once: no factors make output {len(rows)} equal")
        rows.append(found)
    return np.array(rows, np.int64)
