"""Which range of a tensor's values the 256 numbers of int8 shall cover.

    minmax       all values that occurred
    minmax98     without the smallest and the largest hundredth
    meanminmax   the mean of the samples' smallest, and the mean of their largest values
    kld          what loses least information, by Kullback-Leibler divergence, as TensorRT chooses thresholds (Migacz,
                 "8-bit inference with TensorRT", 2017), the upper end first, then the lower; in networks with few
                 samples the divergence alone would cut off whole features, so at most a thousandth of the values lies
                 outside at each end

These are the methods of Sipeed's and Canaan's converters for the K210, under their names.  Zero is always inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from codegen.ir import Array
from codegen.quantize.statistics import BINS, Spread

LEVELS = 256
COARSE_BINS = 2048
"""Of the histogram that kld searches."""
STEP = 16
"""Bins between two ends that kld compares."""
TAIL = 0.01
CLIPPED = 0.001
"""Share of the values that kld may leave outside, at each end."""
RARE = 1e-4
"""A count that stands for none, where a logarithm needs one."""

Range = tuple[float, float]


class Method(NamedTuple):
    """A way to choose, and whether it looks at the histogram."""

    choose: Callable[[Spread], Range]
    histogram: bool


def with_zero(low: float, high: float) -> Range:
    """The range, wide enough for zero."""
    return min(low, 0.0), max(high, 0.0)


def minmax(spread: Spread) -> Range:
    """All values."""
    return spread.low, spread.high


def minmax98(spread: Spread) -> Range:
    """The inner 98 %, exact to a part of the histogram."""
    return _quantile(spread, TAIL), _quantile(spread, 1 - TAIL)


def _quantile(spread: Spread, share: float) -> float:
    """The value that stands at `share` when all are sorted."""
    if not spread.width:
        return spread.low
    counts = spread.counts.copy()
    counts[min(max(int(-spread.low / spread.width), 0), BINS - 1)] += spread.zeros
    before = np.concatenate([[0], counts.cumsum()])
    place = min(round(before[-1] * share), before[-1] - 1)
    part = int(np.searchsorted(before, place, "right")) - 1
    return float(spread.low + (part + (place - before[part] + 0.5) / counts[part]) * spread.width)


def meanminmax(spread: Spread) -> Range:
    """Mean of the samples' extremes."""
    return spread.low_sum / spread.samples, spread.high_sum / spread.samples


def kld(spread: Spread) -> Range:
    """The ends between which 256 levels tell most of the histogram, nearly all of which lies between them."""
    if not spread.width or not spread.counts.any():
        return spread.low, spread.high
    counts = spread.counts.reshape(COARSE_BINS, -1).sum(axis=1).astype(np.float64)
    width = (spread.high - spread.low) / COARSE_BINS
    zero = min(max(int(-spread.low / width), 0), COARSE_BINS - 1)
    below = np.concatenate([[0], counts.cumsum()]) / counts.sum()
    ends = [end for end in range(COARSE_BINS, LEVELS - 1, -STEP) if end > zero and 1 - below[end] <= CLIPPED]
    last = min(ends, key=lambda end: divergence(counts, 0, end)) if spread.high > 0 else COARSE_BINS
    starts = [s for s in range(0, max(min(zero, last - LEVELS), 0) + 1, STEP) if below[s] <= CLIPPED]
    first = min(starts, key=lambda start: divergence(counts, start, last)) if spread.low < 0 else 0
    return spread.low + first * width, spread.low + last * width


def divergence(counts: Array, first: int, last: int) -> float:
    """How much of a histogram is lost when [first, last) is told in 256 levels and the rest is clipped.

    The sum of p * log(p / q), p the counts with what is clipped at the ends, q the mean of each level over those of its
    bins that are not empty, without what is clipped.
    """
    inside = counts[first:last]
    p = inside.copy()
    p[0] += counts[:first].sum()
    p[-1] += counts[last:].sum()
    level = np.arange(inside.size) * LEVELS // inside.size
    means = np.bincount(level, inside, LEVELS) / np.maximum(np.bincount(level, inside > 0, LEVELS), 1)
    q = np.maximum(np.where(inside > 0, means[level], 0), RARE)
    occurs = p > 0
    return float((p[occurs] * np.log(p[occurs] / q[occurs])).sum() / p.sum())


METHODS: dict[str, Method] = {
    "minmax": Method(minmax, histogram=False),
    "minmax98": Method(minmax98, histogram=True),
    "meanminmax": Method(meanminmax, histogram=False),
    "kld": Method(kld, histogram=True),
}
DEFAULT = "minmax"
