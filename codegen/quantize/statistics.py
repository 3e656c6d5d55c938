"""What is known of a tensor's values over all samples: extremes, and how often which value occurs.

Histograms need the extremes first: a pass over the samples for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from codegen.ir import Array

BINS = 8192
"""Of a histogram, from the smallest to the largest value."""


@dataclass(eq=False)
class Spread:
    """The values of one tensor.

    Attributes:
        low, high: extremes over all samples.
        low_sum, high_sum: sums of the samples' own extremes.
        samples: how many.
        squares: sum of the squares of all values.
        elements: how many values.
        finite: no value was infinite, or not a number.
        counts: how many values lie in each of BINS equal parts of [low, high], zeros left out; empty before `count`.
        zeros: how many values are zero.
    """

    low: float = np.inf
    high: float = -np.inf
    low_sum: float = 0.0
    high_sum: float = 0.0
    samples: int = 0
    squares: float = 0.0
    elements: int = 0
    finite: bool = True
    counts: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    zeros: int = 0

    def extend(self, values: Array) -> None:
        """Take note of the extremes of a sample."""
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            self.finite = False
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.low_sum, self.high_sum = self.low_sum + low, self.high_sum + high
        self.samples += 1
        self.squares += float(np.square(values, dtype=np.float64).sum())
        self.elements += values.size

    def count(self, values: Array) -> None:
        """Take note of how often which value occurs, when all extremes are known."""
        real = values.reshape(-1).astype(np.float64)
        real, zeros = real[real != 0], int((real == 0).sum())
        places = (real - self.low) / (self.width or 1.0)
        found = np.bincount(np.clip(places, 0, BINS - 1).astype(np.int64), minlength=BINS)
        self.counts = found if not self.counts.size else self.counts + found
        self.zeros += zeros

    def snr_db(self, scale: float) -> float:
        """What rounding to steps of `scale` leaves of the signal, in dB."""
        noise = self.elements * scale**2 / 12
        return 10 * float(np.log10(max(self.squares, np.finfo(float).tiny) / noise))

    @property
    def width(self) -> float:
        """Of a part of the histogram."""
        return (self.high - self.low) / BINS
