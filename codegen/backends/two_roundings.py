"""Layers with weights for libraries that scale a sum by a doubling high multiply and a rounding shift: rounded twice.

TFLite's convolutions are scaled so, too.  Its FULLY_CONNECTED rounds once; for it factors are found that give the same.
A result is clamped to a few hundred values, so both are the same function when they step at the same sums.  The steps
of the second rounding lie elsewhere, by less than half a unit of its input; a bias a little larger or smaller moves
them back.
"""

from __future__ import annotations

import numpy as np

from codegen.backends.library import Declined
from codegen.backends.portable.linear import Channels, Int64, channels_of
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.ir.ops.linear import has_wide_weights
from codegen.reference import parameters

SHIFT_MOST = 30
"""Bits that a library shifts by, to either side."""

MAX_RIGHT = 12
"""Largest shift of the second rounding that is tried: no step is found with more that was not found with less."""


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


def equal_factor(
    multiplier: int, shift: int, reach: tuple[int, int], results: tuple[int, int]
) -> tuple[int, int, int] | None:
    """(multiplier', shift', more) such that scaling sum + more by them, rounded twice, is what is asked for.

    That is (sum * multiplier + half) >> (31 - shift), clamped to `results`, for every sum in `reach`.

    Args:
        multiplier: positive.
        shift: positive to the left.
        reach: smallest and largest sum.
        results: smallest and largest result, before the zero point.

    Returns:
        None when there is no such factor, or none is found.
    """
    total = 31 - shift
    if not (1 <= total <= 50 and multiplier > 0 and max(map(abs, (*reach, *results))) < 2**30):
        return None
    values = np.arange(results[0] + 1, results[1] + 1, dtype=np.int64)
    ties = (2 * values - 1) << (total - 1)
    first = -(-ties // multiplier)  # the smallest sum that gives each value, or more
    inside = (first > reach[0]) & (first <= reach[1])
    values, first = values[inside], first[inside]
    for right in range(min(max(-shift, 0), MAX_RIGHT) + 1):
        wanted = multiplier * 2.0 ** (shift + right)
        if wanted >= 2**31:
            break
        near = round(-(2.0 ** (30 - right)) / wanted) if right else 0
        for more in dict.fromkeys((0, near, near - 1, near + 1)):
            found = _multiplier(_ties(values, right), first + more, wanted)
            if found is not None and max(abs(end + more) for end in reach) < 2**31:
                return found, -right, more
    return None


def _ties(values: Int64, right: int) -> Int64:
    """What product, times 2**31, each value begins at: a high multiply ties up, a shift ties away from zero."""
    if right == 0:
        return (values << 31) - 2**30
    begin = (values << right) - (1 << (right - 1)) + (values <= 0)
    return (begin << 31) - 2**30


def _multiplier(ties: Int64, first: Int64, wanted: float) -> int | None:
    """The integer m nearest to `wanted` with m * first >= tie > m * (first - 1) for all; None when there is none."""
    least, most = 1, 2**31 - 1
    for tie, at in zip(ties.tolist(), first.tolist(), strict=True):
        for sum_, reached in ((at, True), (at - 1, False)):
            bound = tie if reached else tie - 1  # m * sum_ >= bound, or m * sum_ <= bound
            if sum_ == 0:
                if (bound > 0) if reached else (bound < 0):
                    return None
            elif (sum_ > 0) is reached:
                least = max(least, -(-bound // sum_))
            else:
                most = min(most, bound // sum_)
    return min(max(round(wanted), least), most) if least <= most else None
