"""Compares outputs with what was expected: integers byte by byte, float32 within a bound.

Float results depend on the order of sums, on fused multiply-adds and on the C library, so no two runtimes agree to
the last bit.  They must agree within FLOAT_BOUND of the largest value that was expected of that output, or within
STATE_BOUND when the model carries state from run to run, where differences add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.ir import Array

FLOAT_BOUND = 1e-5
STATE_BOUND = 1e-4


@dataclass(frozen=True)
class Difference:
    """Where two arrays differ.

    Attributes:
        count: number of elements that differ.
        size: number of elements.
        first: index of the first one.
        expected: its value.
        got: its value.
        max_abs: the largest difference; inf when one is not a number or the shapes differ.
    """

    count: int
    size: int
    first: tuple[int, ...]
    expected: float
    got: float
    max_abs: float

    def __str__(self) -> str:
        at = ", ".join(map(str, self.first))
        return (
            f"{self.count:,} of {self.size:,} elements differ, by at most {self.max_abs:g}; "
            f"first at [{at}]: expected {self.expected:g}, got {self.got:g}"
        )


def difference(expected: Array, got: Array, tolerance: float = 0.0) -> Difference | None:
    """None when both have the same type, shape and bytes, or values of float32 are within `tolerance` of each other."""
    if (expected.dtype, expected.shape) != (got.dtype, got.shape):
        return Difference(expected.size, expected.size, (), float("nan"), float("nan"), float("inf"))
    width = expected.dtype.itemsize
    want, have = (np.ascontiguousarray(a).reshape(-1).view(np.uint8).reshape(-1, width) for a in (expected, got))
    at = np.flatnonzero((want != have).any(axis=1))
    a, b = (x.reshape(-1)[at].astype(np.float64) for x in (expected, got))
    with np.errstate(invalid="ignore"):
        off = np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf)
    if expected.dtype == np.float32 and tolerance:
        outside = ~((off <= tolerance) | (np.isnan(a) & np.isnan(b)))
        at, a, b, off = at[outside], a[outside], b[outside], off[outside]
    if at.size == 0:
        return None
    largest = off.max()
    index = tuple(int(i) for i in np.unravel_index(at[0], expected.shape))
    return Difference(int(at.size), expected.size, index, float(a[0]), float(b[0]), float(largest))


def largest_difference(expected: Array, got: Array) -> float:
    """The largest difference of two float32 arrays of one shape; inf where one is not a number and the other is."""
    a, b = expected.astype(np.float64), got.astype(np.float64)
    with np.errstate(invalid="ignore"):
        off = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    return float(np.nan_to_num(off, nan=np.inf, posinf=np.inf).max(initial=0))


def largest_magnitude(arrays: list[Array]) -> float:
    """The largest finite magnitude among all elements; 0 when there is none."""
    return max((float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in arrays), default=0.0)
