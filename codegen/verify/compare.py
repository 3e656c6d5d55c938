"""Compares outputs with what was expected, byte by byte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.ir import Array


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


def difference(expected: Array, got: Array) -> Difference | None:
    """None when both have the same type, shape and bytes."""
    if (expected.dtype, expected.shape) != (got.dtype, got.shape):
        return Difference(expected.size, expected.size, (), float("nan"), float("nan"), float("inf"))
    width = expected.dtype.itemsize
    want, have = (np.ascontiguousarray(a).reshape(-1).view(np.uint8).reshape(-1, width) for a in (expected, got))
    at = np.flatnonzero((want != have).any(axis=1))
    if at.size == 0:
        return None
    a, b = (x.reshape(-1)[at].astype(np.float64) for x in (expected, got))
    largest = np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf).max()
    index = tuple(int(i) for i in np.unravel_index(at[0], expected.shape))
    return Difference(int(at.size), expected.size, index, float(a[0]), float(b[0]), float(largest))
