"""Integer factors that reproduce a floating-point requantisation exactly.

TFLite's reference FULLY_CONNECTED computes round(acc * factor) in double, ties away from zero.
A kernel computes (acc * multiplier + half) >> total.  The result is clamped to a few hundred values,
so both are the same function when they step at the same accumulators; each step bounds the
multiplier from below and from above, and any integer between all the bounds will do.
"""

from __future__ import annotations

import numpy as np

from codegen.reference.fixed_point import Int64, int64, quantize_multiplier


def exact_multiplier(factor: float, reach: int, low: int, high: int) -> tuple[int, int]:
    """(multiplier, shift) whose single rounding equals round(acc * factor), ties away from zero.

    It is equal for every |acc| <= reach, results clamped to [low, high].  For some fractions there is
    no such multiplier and the nearest one is returned: with 0.7, the product is a tie for every tenth
    accumulator, and its rounding to double puts some of these on the tie (15 * 0.7) and some below it
    (45 * 0.7).  The error is then one step, at ties only.  Factors of trained models are no such fractions.

    Args:
        factor: positive.
        reach: largest magnitude of an accumulator, below 2**31.
        low: smallest result that matters, before the zero point.
        high: largest result that matters, before the zero point.
    """
    nearest, shift = quantize_multiplier(factor)
    if nearest == 0:
        return nearest, shift
    least, most = [1], [2**31 - 1]
    step, first = _steps(factor, reach, max(high, -low))
    middle = (2 * step - 1) << (30 - shift)  # a step's tie, times 2**total
    for upward in (True, False):
        used = step <= (high if upward else -low)
        tie, reached, before = middle[used], first[used], first[used] - 1
        # Upward the tie itself steps; downward too, but there the kernel's own rounding would not.
        least += [int(v) for v in ((-(-tie // reached)) if upward else (tie // reached + 1))[reached <= reach]]
        inner = before > 0
        most += [int(v) for v in ((tie[inner] - 1) if upward else tie[inner]) // before[inner]]
    lower, upper = max(least), min(most)
    return (min(max(nearest, lower), upper) if lower <= upper else nearest), shift


def _steps(factor: float, reach: int, count: int) -> tuple[Int64, Int64]:
    """The results 1..count that are reached, and for each the smallest accumulator that rounds to it or above."""
    step = np.arange(1, max(count, 0) + 1, dtype=np.int64)
    tie = step - 0.5
    first = int64(np.ceil(np.minimum(tie / factor, 2.0**40)))
    first = np.where((first - 1) * factor >= tie, first - 1, first)
    first = np.where(first * factor < tie, first + 1, first)
    reached = first <= reach + 1
    return step[reached], first[reached]
