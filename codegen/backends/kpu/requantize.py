"""The KPU's scaling and activation tables that give TFLite's integers.

TFLite requantises an accumulator a of channel c to clamp(MBQM(a + bias, M, e) + zero point, low, high): a step function
that never falls, so its thresholds T_k, the least a with a result of at least k, say all of it.  The chip computes
v = floor(a * m / 2^b) + n and then a piecewise linear function of v, one for the layer: result k begins at
V_k = (k - low) * 2^S - 2^(S - 1).  m, b and n of a channel are exact when, for every k whose threshold can be reached,

    floor(T_k * m / 2^b) + n >= V_k + 1    and    ceil((T_k - 1) * m / 2^b) + n <= V_k - 2.

The margins make the result independent of what no chip has decided: floor or truncation, > or >= at a segment's start,
halves up or to even.  Rounding twice and away from zero moves TFLite's thresholds at and below the zero point by
2^(S + e): for layers whose low end is below it, a second segment starts there (`delta`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codegen.ir import Array
from codegen.reference.fixed_point import multiply_double_rounding

Int64 = npt.NDArray[np.int64]

SLOPE_BITS = 14
"""The slope of the activation is 2^14 of a unit, so that its shift is S + 14."""
MAX_SHIFT = 22
MIN_SHIFT = 12
MAX_SCALING_SHIFT = 15
NEIGHBOURS = 200
"""How far from the rounded multiplier others are tried."""
VALUE_LIMIT = 1 << 35
ADDEND_LIMIT = 1 << 31
NEVER = 0x7FFFFFFF0
"""Where the segments begin that no value reaches."""
FIRST = -VALUE_LIMIT
UNSIGNED = 128
"""What is added to int8 for the chip's bytes."""


class Channels(NamedTuple):
    """What TFLite does to each output channel, and the accumulators that can occur (bias not included)."""

    multiplier: Int64
    exponent: Int64
    bias: Int64
    least: Int64
    most: Int64


class _One(NamedTuple):
    """The same of one channel."""

    multiplier: int
    exponent: int
    bias: int
    least: int
    most: int


class _Scaling(NamedTuple):
    """v = floor(a * multiplier / 2^shift) + addend."""

    multiplier: int
    shift: int
    addend: int

    @property
    def word(self) -> int:
        """As the chip reads it."""
        return (self.multiplier & 0xFFFFFF) | (self.addend & 0xFFFFFFFF) << 24 | self.shift << 56


class Range(NamedTuple):
    """Of the int8 output: zero point and clamp."""

    zero_point: int
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Tables:
    """What the chip gets, and how exact it is.

    Attributes:
        scaling: a word for each output channel.
        segments: the 16 words of the activation.
        bias: its 16 bytes.
        shift: S.
        wrong: for each channel, the number of reachable accumulators whose result differs from TFLite's, by one.
    """

    scaling: npt.NDArray[np.uint64]
    segments: npt.NDArray[np.uint64]
    bias: npt.NDArray[np.uint8]
    shift: int
    wrong: Int64

    @property
    def exact(self) -> bool:
        """True when every reachable accumulator gives TFLite's result."""
        return not self.wrong.any()


def requantize(values: Int64, channels: Channels, output: Range) -> Int64:
    """TFLite's int8 results of accumulators [C, N], as integers."""
    column = (slice(None), np.newaxis)
    scaled = multiply_double_rounding(
        values + channels.bias[column], channels.multiplier[column], channels.exponent[column]
    )
    return np.asarray(np.clip(scaled + output.zero_point, output.low, output.high), np.int64)


def thresholds(channels: Channels, output: Range) -> Int64:
    """[C, high - low]: for k = low + 1 to high the least reachable accumulator with a result of at least k.

    One more than the most reachable one where there is none.
    """
    results = np.arange(output.low + 1, output.high + 1)
    low = np.repeat(channels.least[:, np.newaxis], len(results), axis=1)
    high = np.repeat(channels.most[:, np.newaxis] + 1, len(results), axis=1)
    while (low < high).any():
        middle = (low + high) >> 1
        reached = requantize(middle, channels, output) >= results
        high = np.where(reached & (low < high), middle, high)
        low = np.where(~reached & (low < high), middle + 1, low)
    return low


@dataclass(frozen=True, eq=False)
class _Activation:
    """The layer's piecewise linear function."""

    output: Range
    shift: int
    delta: int

    def starts(self) -> Int64:
        """V_k for k = low + 1 to high."""
        k = np.arange(self.output.low + 1, self.output.high + 1)
        below = np.where(k <= self.output.zero_point, self.delta, 0)
        return np.asarray(((k - self.output.low) << self.shift) - (1 << (self.shift - 1)) + below, np.int64)

    def firsts(self) -> Int64:
        """The least v with a result of at least k: V_k is an exact half above an odd distance, and goes to even."""
        k = np.arange(self.output.low + 1, self.output.high + 1)
        base = self.output.zero_point if self.delta else self.output.low
        distance = np.where(k > base, k - base, k - self.output.low)
        return self.starts() + (distance & 1)

    def segments(self) -> list[tuple[int, int, int, int]]:
        """(start, multiplier, shift, bias), ascending."""
        low, high, zero = self.output.low, self.output.high, self.output.zero_point
        slope, by = 1 << SLOPE_BITS, self.shift + SLOPE_BITS
        parts = [(FIRST, 0, 0, low), (self.delta, slope, by, low)]
        if self.delta:
            parts.append(((zero - low) << self.shift, slope, by, zero))
        if high < 127:
            parts.append(((high - low) << self.shift, 0, 0, high))
        return parts + [(NEVER + i, 0, 0, -UNSIGNED) for i in range(16 - len(parts))]


def solve(channels: Channels, output: Range, width_bits: int = 23) -> Tables:
    """The tables of a layer.

    Args:
        channels: of the layer; a range of accumulators holds 0 or not, least <= most.
        output: zero point and clamp, low < high.
        width_bits: bits of the scaling multiplier beside its sign; 22 are proved on silicon, 23 are shipped.

    Raises:
        ValueError: some value does not fit the chip's 36 bits at any scale.
    """
    wanted = thresholds(channels, output)
    best: Tables | None = None
    for shift in range(MAX_SHIFT, MIN_SHIFT - 1, -1):
        for delta in _deltas(channels, output, shift):
            found = _solve(channels, wanted, _Activation(output, shift, delta), width_bits)
            if found is not None and (best is None or found.wrong.sum() < best.wrong.sum()):
                best = found
        if best is not None and (best.exact or shift <= best.shift - 2):
            return best
    if best is None:
        raise ValueError("its sums do not fit the KPU's 36 bits")
    return best


def _deltas(channels: Channels, output: Range, shift: int) -> list[int]:
    """Offsets of the part at and below the zero point that are worth a try: that of the most common exponent, none."""
    right = -channels.exponent[channels.multiplier != 0]
    right = right[(right > 0) & (right < shift)]
    if not right.size or not output.low < output.zero_point < output.high:
        return [0]
    return [1 << (shift - int(np.bincount(right).argmax())), 0]


def _solve(channels: Channels, wanted: Int64, activation: _Activation, width_bits: int) -> Tables | None:
    """The tables at one scale; None when a number does not fit."""
    words, wrong = [], []
    starts, firsts = activation.starts(), activation.firsts()
    for c in range(len(wanted)):
        one = _One(*(int(values[c]) for values in channels))
        found = _channel(one, wanted[c], starts, activation.shift, width_bits)
        if found is None:
            return None
        words.append(found.word)
        wrong.append(_wrong(one, wanted[c], firsts, found))
    segments = activation.segments()
    return Tables(
        np.array(words, np.uint64),
        np.array(
            [by | (slope & 0xFFFF) << 8 | (start & 0xFFFFFFFFF) << 24 for start, slope, by, _ in segments], np.uint64
        ),
        np.array([value + UNSIGNED for *_, value in segments], np.uint8),
        activation.shift,
        np.array(wrong, np.int64),
    )


def _channel(one: _One, wanted: Int64, starts: Int64, shift: int, width_bits: int) -> _Scaling | None:
    """The scaling that meets as many thresholds as possible; None when its numbers do not fit."""
    b = MAX_SCALING_SHIFT
    while b > 0 and _scaled(one.multiplier, one.exponent - 31 + shift + b) >= 1 << width_bits:
        b -= 1
    centre, limit = _scaled(one.multiplier, one.exponent - 31 + shift + b), (1 << width_bits) - 1
    if centre > limit:
        return None
    reach = NEIGHBOURS if centre else 0
    tried = np.arange(max(centre - reach, 0), min(centre + reach, limit) + 1)
    tried = tried[np.argsort(np.abs(tried - centre), kind="stable")]
    addends, met = _addends(tried, b, wanted, starts, (one.least, one.most))
    chosen = int(np.argmax(met))
    m, n = int(tried[chosen]), int(addends[chosen])
    ends = [((a * m) >> b) + n for a in (one.least, one.most)]
    fits = abs(n) < ADDEND_LIMIT and all(abs(v) < VALUE_LIMIT - 1 for v in ends)
    return _Scaling(m, b, n) if fits else None


def _scaled(multiplier: int, exponent: int) -> int:
    """round(multiplier * 2^exponent)."""
    return multiplier << exponent if exponent >= 0 else (multiplier + (1 << (-exponent - 1))) >> -exponent


def _addends(multipliers: Int64, b: int, wanted: Int64, starts: Int64, reach: tuple[int, int]) -> tuple[Int64, Int64]:
    """For each multiplier the addend that meets most of the two-sided conditions, and how many it meets.

    Of thresholds outside the reach only the nearest on either side binds: monotony does the rest.
    """
    least, most = reach
    inside = (wanted > least) & (wanted <= most)
    m = multipliers[:, np.newaxis]
    lower = starts[inside] + 1 - ((wanted[inside] * m) >> b)
    upper = starts[inside] - 2 + ((-(wanted[inside] - 1) * m) >> b)
    below, above = starts[wanted <= least], starts[wanted > most]
    if below.size:
        lower = np.concatenate([lower, below.max() + 1 - ((least * m) >> b)], axis=1)
    if above.size:
        upper = np.concatenate([upper, above.min() - 2 + ((-most * m) >> b)], axis=1)
    return _most_met(lower, upper)


def _most_met(lower: Int64, upper: Int64) -> tuple[Int64, Int64]:
    """For each row the n with the most n >= lower and n <= upper, and that number.

    Between all lower bounds and all upper bounds, where that is not empty, the middle; else, in the first rows, the
    best of the bounds.
    """
    rows = len(lower)
    none = np.zeros((rows, 0), np.int64)
    lower, upper = (bound if bound.size else none for bound in (lower, upper))
    floor = lower.max(axis=1) if lower.size else upper.min(axis=1)
    ceiling = upper.min(axis=1) if upper.size else floor
    floor = floor if lower.size else ceiling
    n, total = (floor + ceiling) >> 1, lower.shape[1] + upper.shape[1]
    met = np.where(floor <= ceiling, total, 0)
    if (floor <= ceiling).any():
        return n, met
    low, high = np.sort(lower, axis=1), np.sort(upper, axis=1)
    for row in range(min(rows, NEIGHBOURS // 8)):
        bounds = np.concatenate([low[row], high[row]])
        counts = np.searchsorted(low[row], bounds, "right") + high.shape[1] - np.searchsorted(high[row], bounds, "left")
        at = int(np.argmax(counts))
        n[row], met[row] = bounds[at], counts[at]
    return n, met


def _wrong(one: _One, wanted: Int64, firsts: Int64, found: _Scaling) -> int:
    """How many reachable accumulators give another result: those between a threshold of TFLite and one of the chip."""
    if found.multiplier == 0:
        actual = np.where(found.addend >= firsts, one.least, one.most + 1)
    else:
        first = -(-((firsts - found.addend) << found.shift) // found.multiplier)
        actual = np.clip(first, one.least, one.most + 1)
    return int(np.abs(actual - wanted).sum())


def apply(values: Int64, channel: int, tables: Tables) -> Array:
    """What the chip makes of accumulators of a channel, as int8: for tests and reports."""
    word = int(tables.scaling[channel])
    m, n, b = word & 0xFFFFFF, word >> 24 & 0xFFFFFFFF, word >> 56
    v = ((values * (m - ((m & 0x800000) << 1))) >> b) + (n - ((n & 0x80000000) << 1))
    result = np.zeros(v.shape, np.int64)
    for segment, bias in zip(tables.segments, tables.bias, strict=True):
        start = int(segment) >> 24
        start -= (start & VALUE_LIMIT) << 1
        by, slope = int(segment) & 0xFF, int(segment) >> 8 & 0xFFFF
        product = (v - start) * slope
        whole, rest = product >> by, (product & ((1 << by) - 1)) << 1
        up = (rest > 1 << by) | ((rest == 1 << by) & (whole & 1 == 1))
        result = np.where((v > start) | (start == FIRST), np.clip(whole + up + int(bias), 0, 255), result)
    return np.asarray(result - UNSIGNED, np.int8)
