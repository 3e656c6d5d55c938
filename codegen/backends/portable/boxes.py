"""Boxes: sets of positions given by sizes and steps, reduced to the fewest dimensions.

A dimension is (size, step, step, ...): one step per memory walked, outermost dimension first.
"""

from __future__ import annotations

from collections.abc import Iterable

Dim = tuple[int, ...]


def merged(dims: Iterable[Dim], memories: int) -> list[Dim]:
    """The same positions in the same order, dimensions of size 1 gone and neighbours joined; at least one is left."""
    result: list[Dim] = []
    for size, *steps in dims:
        if size == 1:
            continue
        if result and all(outer == size * step for outer, step in zip(result[-1][1:], steps, strict=True)):
            result[-1] = (result[-1][0] * size, *steps)
        else:
            result.append((size, *steps))
    return result or [(1,) * (1 + memories)]


def blocks(dims: Iterable[Dim], element_bytes: int) -> tuple[int, list[Dim]]:
    """A copy as (bytes that lie together in both memories, box of such blocks); steps are in bytes."""
    *outer, inner = merged(dims, 2)
    size, x_step, y_step = inner
    if x_step == y_step == element_bytes or size == 1:
        return size * element_bytes, outer or [(1, 0, 0)]
    return element_bytes, [*outer, inner]
