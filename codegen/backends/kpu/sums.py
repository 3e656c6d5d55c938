"""Byte-to-byte functions and sums of two maps as layers of the KPU: rows of KPU RAM are its images.

A map's rows of 64 bytes, whatever stands in them, are a plane of another map, one channel of lines as long as you like:
a function of each byte is a 1x1 convolution from one such plane to another, a sum one from two planes, one behind
the other.  Neither depends on how many channels the map has.  What lies between pixels is computed too; nobody
reads it.

A sum's two weights have 16 bits.  TFLite brings both operands to a common scale, adds, and rounds again; of all pairs
of weights whose ratio is that of the scales, that is taken whose rounding agrees for most of the 65,536 pairs of bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.backends.kpu.pieces import fit
from codegen.backends.kpu.requantize import (
    ADDEND_LIMIT,
    FIRST,
    MAX_SCALING_SHIFT,
    UNSIGNED,
    Int64,
    Range,
    Scaling,
    Segment,
    Tables,
    activation_table,
    best_addends,
    plain_segments,
    scaled_slope,
    stairs_of,
)
from codegen.backends.kpu.words import MAX_HEIGHT, MAX_WIDTH, MIN_SIDE, ROW_BYTES, Map
from codegen.ir import Array
from codegen.ir.ops import Add, Sub
from codegen.reference import binary, parameters

BYTE_SHIFT = 16
"""S of a function of bytes: input x is 2^16 x + 1, so that it lies behind the start of its own step."""
MAX_WEIGHT = (1 << 16) - 1
SUM_SHIFT = 20
PAIRS_TRIED = 24
MULTIPLIERS_TRIED = 5


def planes(rows: int, channels: int) -> Map | None:
    """A map of `channels` planes with room for that many rows of KPU RAM each, and if possible for no more.

    None when one layer is not enough.
    """
    lengths = [length for length in range(1, MAX_WIDTH // ROW_BYTES + 1) if -(-rows // length) <= MAX_HEIGHT]
    if not lengths:
        return None
    length = next((each for each in lengths if rows % each == 0 and rows // each >= MIN_SIDE), lengths[0])
    return Map(channels, max(-(-rows // length), MIN_SIDE), length * ROW_BYTES)


def byte_function(results: Array) -> Tables | None:
    """The tables of a function, results as bytes for bytes 0 to 255; `wrong` counts inputs.  None: two units off."""
    pieces = fit(results.astype(np.uint8).tobytes(), continuous=False)
    if pieces is None:
        return None
    segments = [Segment(FIRST, 0, 0, pieces[0].value)]
    for piece in pieces[1:]:
        start = round(piece.start * (1 << BYTE_SHIFT))
        segments.append(Segment(start, *scaled_slope(piece.slope, BYTE_SHIFT), piece.value))
    stairs = stairs_of(segments)
    values = (np.arange(256) << BYTE_SHIFT) + 1
    distance = np.abs(stairs.results[np.searchsorted(stairs.firsts, values, "right") - 1] - results)
    words, bias = activation_table(segments)
    scaling = np.array([Scaling(1 << BYTE_SHIFT, 0, 1).word], np.uint64)
    wrong = np.array([(distance > 0).sum()], np.int64)
    return Tables(scaling, words, bias, BYTE_SHIFT, wrong, int(distance.max()))


@dataclass(frozen=True, eq=False)
class Sum:
    """ADD or SUB as a layer.

    Attributes:
        weights: of both operands, less `offset`.
        offset: added to both, so that they are not negative.
        tables: scaling and activation; `wrong` counts pairs of bytes.
    """

    weights: tuple[int, int]
    offset: int
    tables: Tables


def solve_sum(op: Add | Sub) -> Sum | None:
    """The weights and tables of a sum of int8 tensors; None when its numbers do not fit, or it is always the same."""
    p = parameters.add_sub(op)
    bytes_ = np.arange(-UNSIGNED, UNSIGNED)
    (wanted,) = binary.add_sub(op, [bytes_[:, np.newaxis], bytes_[np.newaxis, :]])
    output = Range(p.y_zero, p.low, p.high)
    best: Sum | None = None
    for pair in _pairs(op, -1 if isinstance(op, Sub) else 1):
        found = _solve(pair, np.asarray(wanted, np.int64), output, _unit(op, pair))
        if found is not None and (best is None or found.tables.cost < best.tables.cost):
            best = found
        if best is not None and best.tables.exact:
            break
    return best


def _scale(op: Add | Sub, operand: int) -> float:
    quant = op.operand(operand).quant
    assert quant is not None
    assert op.y.quant is not None
    return quant.scale / op.y.quant.scale


def _unit(op: Add | Sub, pair: tuple[int, int]) -> float:
    """Units of the output for one of the sum."""
    larger = 0 if abs(pair[0]) >= abs(pair[1]) else 1
    return _scale(op, larger) / abs(pair[larger])


def _pairs(op: Add | Sub, sign: int) -> list[tuple[int, int]]:
    """Weights in the ratio of the scales, those that come closest first; of those the largest."""
    limit = MAX_WEIGHT if sign > 0 else MAX_WEIGHT >> 1
    a, b = _scale(op, 0), _scale(op, 1)
    ratio = min(a, b) / max(a, b)
    larger = np.arange(limit >> 1, limit + 1)
    smaller = np.rint(larger * ratio).astype(np.int64)
    off = np.abs(smaller - larger * ratio) / larger
    chosen = np.lexsort((-larger, off))[:PAIRS_TRIED]
    pairs = [(int(larger[i]), int(smaller[i])) for i in chosen]
    return [(first, sign * second) if a >= b else (second, sign * first) for first, second in pairs]


def _solve(pair: tuple[int, int], wanted: Int64, output: Range, unit: float) -> Sum | None:
    """The best tables for a pair of weights; `unit`: of the output, for one of the sum."""
    x = np.arange(256)
    sums = (pair[0] * x[:, np.newaxis] + pair[1] * x[np.newaxis, :]).reshape(-1)
    order = np.argsort(sums, kind="stable")
    sums, results = sums[order], wanted.reshape(-1)[order]
    offset = max(0, -min(pair))
    found = [
        Sum(pair, offset, tables)
        for delta in (0, 1)
        if (tables := _tables(sums, results, output, unit, delta=delta)) is not None
    ]
    return min(found, key=lambda each: each.tables.cost, default=None)


def _tables(sums: Int64, results: Int64, output: Range, unit: float, *, delta: int) -> Tables | None:
    """Scaling and activation for results of ascending sums; `delta`: negative halves are rounded down."""
    shift = SUM_SHIFT
    b = MAX_SCALING_SHIFT
    while unit * 2.0 ** (shift + b) >= 1 << 23:
        b -= 1
    centre = round(unit * 2.0 ** (shift + b))
    multipliers = np.arange(centre - MULTIPLIERS_TRIED, centre + MULTIPLIERS_TRIED + 1)
    step = (centre >> b) * delta
    if delta and not output.low < output.zero_point < output.high:
        return None
    k = np.arange(output.low + 1, output.high + 1)
    # The least sum from which on results are mostly k and more, and the greatest one before it.
    at = np.searchsorted(np.maximum.accumulate(results), k)
    first, last = sums[np.minimum(at, len(sums) - 1)], sums[np.maximum(at - 1, 0)]
    starts = ((k - output.low) << shift) - (1 << (shift - 1)) + np.where(k <= output.zero_point, step, 0)
    inside = (at > 0) & (at < len(sums))
    if not inside.any():
        return None
    m = multipliers[:, np.newaxis]
    lower = starts[inside] + 1 - ((first[inside] * m) >> b)
    upper = starts[inside] - 2 + ((-last[inside] * m) >> b)
    addends, met = best_addends(lower, upper)
    segments = plain_segments(output, shift, step)
    stairs, best = stairs_of(segments), None
    words, bias = activation_table(segments)
    for i in np.argsort(-met, kind="stable")[:2]:
        scaling = Scaling(int(multipliers[i]), b, int(addends[i]))
        if abs(scaling.addend) >= ADDEND_LIMIT:
            continue
        values = ((sums * scaling.multiplier) >> b) + scaling.addend
        distance = np.abs(stairs.results[np.searchsorted(stairs.firsts, values, "right") - 1] - UNSIGNED - results)
        wrong = np.array([(distance > 0).sum()], np.int64)
        made = Tables(_word(scaling), words, bias, shift, wrong, int(distance.max()))
        best = made if best is None or made.cost < best.cost else best
    return best


def _word(scaling: Scaling) -> npt.NDArray[np.uint64]:
    return np.array([scaling.word], np.uint64)
