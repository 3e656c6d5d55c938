"""A function of bytes in the KPU's activation table: at most 16 linear pieces, each from an integer on.

Positions count steps: step k is where the input is k.  Behind a convolution an input is any number, and a step
lasts from k to k + 1; behind a copy it is k itself.  A piece (start, slope, value) gives value + slope * (x - start),
rounded and clamped to a byte, for start < x up to the next piece's start.

The pieces are the best of a dynamic programme: over all ways to cut the steps, each part with the line of those tried
that misses fewest, no line more than one unit away.  Falling functions get level pieces: what the chip makes of
negative slopes is not known (docs/kpu.md).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

MAX_PIECES = 16
FAR = float(1 << 14)
"""Steps behind the last one: what a convolution gives beyond its range has the last step's result."""
EDGE = 1e-4
"""How close to the ends of a step lines are compared."""
EXACT, NEAR = 0.5 - EDGE / 2, 1.5 - EDGE / 2
"""Distances of a line to the result that round to it, and to it or its neighbours."""
AHEAD = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 255)
"""Steps ahead to whose results lines are tried."""


class Piece(NamedTuple):
    """From `start` on: value + slope * (x - start)."""

    start: float
    slope: float
    value: int


class _Node(NamedTuple):
    """A place to cut.

    Attributes:
        first: point that comes next.
        pieces: lines tried.
        costs: [lines, points behind it]: points missed up to each one, itself included; infinite where a line strays.
    """

    first: int
    pieces: list[Piece]
    costs: Float64


@lru_cache(maxsize=512)
def fit(results: bytes, *, continuous: bool, blurred: bool = False) -> tuple[Piece, ...] | None:
    """The pieces of a function, None when one unit of error would not do.

    Args:
        results: of step 0, 1 and so on; before the first step as in it, behind the last one likewise.
        continuous: inputs between the steps occur too; then step k lasts from k to k + 1.
        blurred: an input close to the end of a step may belong to the next one, and then be one unit off at most, too.
    """
    values = np.frombuffer(results, np.uint8).astype(np.float64)
    points = _continuous(values, blurred=blurred) if continuous else _Points.of(np.arange(len(values)), values, values)
    nodes = [_node(first, starts, points) for first, starts in _starts(len(results), points, continuous)]
    start = _missed(np.full(len(points.at), values[0]), points)
    return _best(nodes, len(points.at), Piece(-np.inf, 0.0, results[0]), start)


class _Points(NamedTuple):
    """Where lines are compared with the function: positions, results, the highest and lowest result there may be."""

    at: Float64
    targets: Float64
    high: Float64
    low: Float64

    @classmethod
    def of(cls, at: npt.ArrayLike, targets: Float64, others: Float64) -> _Points:
        """Points at which a result is `targets` or, now and then, `others`."""
        return cls(np.asarray(at, np.float64), targets, np.maximum(targets, others), np.minimum(targets, others))

    def behind(self, first: int) -> _Points:
        """Without those before `first`."""
        return _Points(*(each[first:] for each in self))


def _continuous(values: Float64, *, blurred: bool) -> _Points:
    """Both ends of both halves of each step, and one far behind the last."""
    inner = np.array((EDGE, 0.5 - EDGE, 0.5, 1.0 - EDGE))
    at = np.append((np.arange(len(values))[:, np.newaxis] + inner).reshape(-1), FAR)
    targets = np.append(np.repeat(values, len(inner)), values[-1])
    others = targets.copy()
    if blurred:
        others[4:-1:4], others[3:-2:4] = values[:-1], values[1:]
    return _Points.of(at, targets, others)


def _starts(steps: int, points: _Points, continuous: bool) -> list[tuple[int, tuple[float, ...]]]:
    """For each point that may begin a piece, where the piece may start."""
    inside = [k / 2 for k in range(1, 2 * steps)] if continuous else [float(k) for k in range(1, steps)]
    back = (0.0,) if continuous else (0.0, 0.25, 0.5, 0.75)
    firsts = np.searchsorted(points.at, np.array(inside) - EDGE / 2)
    return [(int(f), tuple(k - b for b in back)) for f, k in zip(firsts, inside, strict=True)]


def _node(first: int, starts: tuple[float, ...], points: _Points) -> _Node:
    """The lines that begin before a point, and what they miss."""
    ahead = points.behind(first)
    result = ahead.targets[0]
    pieces = [
        Piece(start, float(slope), int(value))
        for start in starts
        for value in (result - 1, result, result + 1)
        if 0 <= value <= 255
        for slope in _slopes(ahead.at - start, ahead.targets - value)
    ]
    start, slope, value = (np.array(column)[:, np.newaxis] for column in zip(*pieces, strict=True))
    return _Node(first, pieces, _missed(value + slope * (ahead.at - start), ahead))


def _missed(lines: Float64, points: _Points) -> Float64:
    """Points missed up to each one; infinite from where a line is two units off."""
    lines = np.clip(lines, 0, 255)
    costs = np.cumsum(np.abs(lines - points.targets) >= EXACT, axis=-1, dtype=np.float64)
    strays = (lines - points.high <= -NEAR) | (lines - points.low >= NEAR)
    costs[np.maximum.accumulate(strays, axis=-1)] = np.inf
    return costs


def _slopes(run: Float64, rise: Float64) -> Float64:
    """Slopes of the lines to results ahead, and of those that stay exact, or near, for longest."""
    counts = run > EDGE
    run, rise = run[counts], rise[counts]
    if not run.size:
        return np.zeros(1)
    ahead = np.searchsorted(run, [each for each in AHEAD if each <= run[-1]])
    found = [rise[ahead] / run[ahead], np.zeros(1)]
    for reach in (EXACT, NEAR):
        least = np.maximum.accumulate((rise - reach) / run)
        most = np.minimum.accumulate((rise + reach) / run)
        length = int(np.argmin(np.append(least < most, [False])))
        if length:
            found.append((least[length - 1 : length] + most[length - 1 : length]) / 2)
    slopes = np.concatenate(found)
    return np.unique(slopes[slopes >= 0])


def _best(nodes: list[_Node], count: int, first: Piece, start: Float64) -> tuple[Piece, ...] | None:
    """The pieces that miss fewest points, and of those the fewest."""
    costs = np.full((MAX_PIECES + 1, count + 1), np.inf)
    origin = np.full((MAX_PIECES + 1, count + 1), -1)
    costs[1, 1:] = start
    lines = [node.costs.argmin(axis=0) for node in nodes]
    for number, (node, line) in enumerate(zip(nodes, lines, strict=True)):
        own = np.take_along_axis(node.costs, line[np.newaxis], axis=0)
        reached = costs[1:-1, node.first, np.newaxis] + own
        better = reached < costs[2:, node.first + 1 :]
        costs[2:, node.first + 1 :][better] = np.broadcast_to(reached, better.shape)[better]
        origin[2:, node.first + 1 :][better] = number
    used, at = int(costs[:, count].argmin()), count
    if not np.isfinite(costs[used, count]):
        return None
    pieces: list[Piece] = []
    while used > 1:
        number = int(origin[used, at])
        node = nodes[number]
        pieces.append(node.pieces[int(lines[number][at - node.first - 1])])
        used, at = used - 1, node.first
    return (first, *reversed(pieces))
