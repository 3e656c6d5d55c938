"""The KPU's scaling and activation tables that give TFLite's integers.

TFLite requantises an accumulator a of channel c to clamp(MBQM(a + bias, M, e) + zero point, low, high): a step function
that never falls, so its thresholds T_k, the least a with a result of at least k, say all of it.  The chip computes
v = floor(a * m / 2^b) + n and then a piecewise linear function of v, one for the layer: result k begins at
V_k = (k - low) * 2^S - 2^(S - 1).  m, b and n of a channel are exact when, for every k whose threshold can be reached,

    floor(T_k * m / 2^b) + n >= V_k + 1    and    ceil((T_k - 1) * m / 2^b) + n <= V_k - 2.

The margins make the result independent of what no chip has decided: floor or truncation, > or >= at a segment's start,
halves up or to even.  Rounding twice and away from zero moves TFLite's thresholds at and below the zero point by
2^(S + e): for layers whose low end is below it, a second segment starts there (`delta`).

A byte-to-byte function right behind the layer goes into the same table (pieces.py): result k then has its own value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codegen.backends.kpu.pieces import MAX_PIECES, fit
from codegen.ir import Array
from codegen.reference.fixed_point import multiply_double_rounding

Int64 = npt.NDArray[np.int64]

SLOPE_BITS = 14
"""A slope of one unit a step is 2^14, with a shift of S + 14."""
MAX_SLOPE, MAX_SLOPE_SHIFT = (1 << 15) - 1, 43
USUAL_SHIFT, MAX_SHIFT, MIN_SHIFT = 22, 26, 12
"""S that is tried first, its limits: 256 units fit the chip's 36 bits."""
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


class Scaling(NamedTuple):
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

    @property
    def results(self) -> Int64:
        """What the chip writes for low to high: bytes, 128 added."""
        return np.arange(self.low + UNSIGNED, self.high + UNSIGNED + 1)


@dataclass(frozen=True, eq=False)
class Tables:
    """What the chip gets, and how exact it is.

    Attributes:
        scaling: a word for each output channel.
        segments: the 16 words of the activation.
        bias: its 16 bytes.
        shift: S.
        wrong: for each channel, the number of reachable accumulators whose result differs from TFLite's.
        error: the largest difference.
    """

    scaling: npt.NDArray[np.uint64]
    segments: npt.NDArray[np.uint64]
    bias: npt.NDArray[np.uint8]
    shift: int
    wrong: Int64
    error: int = 1

    @property
    def cost(self) -> tuple[int, int]:
        """Less is better."""
        return max(self.error, 1), int(self.wrong.sum())

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


class Segment(NamedTuple):
    """A piece of the activation: bias + (v - start) * slope / 2^shift for v > start."""

    start: int
    slope: int
    shift: int
    bias: int


@dataclass(frozen=True, eq=False)
class _Activation:
    """The layer's piecewise linear function: step k of `results` is where the requantised accumulator is low + k."""

    output: Range
    results: Int64
    shift: int
    delta: int
    blurred: bool

    def starts(self) -> Int64:
        """V_k for k = low + 1 to high."""
        k = np.arange(self.output.low + 1, self.output.high + 1)
        below = np.where(k <= self.output.zero_point, self.delta, 0)
        return np.asarray(((k - self.output.low) << self.shift) - (1 << (self.shift - 1)) + below, np.int64)

    def segments(self) -> list[Segment] | None:
        """Ascending; None when 16 are too few."""
        if np.array_equal(self.results, self.output.results):
            return plain_segments(self.output, self.shift, self.delta)
        pieces = fit(self.results.astype(np.uint8).tobytes(), continuous=True, blurred=self.blurred)
        if pieces is None:
            return None
        half = 1 << (self.shift - 1)
        starts = np.append(0, self.starts())
        segments = [Segment(FIRST, 0, 0, pieces[0].value)]
        for piece in pieces[1:]:
            step = int(piece.start)
            # A step begins half a unit before the number it stands for; the first one's beginning is not in `starts`.
            at = int(starts[step]) if step else -half
            at += half if piece.start > step else 0
            segments.append(Segment(at, *scaled_slope(piece.slope, self.shift), piece.value))
        return segments


def plain_segments(output: Range, shift: int, delta: int) -> list[Segment]:
    """The clamp alone: a unit a step, from low to high; steps up to the zero point begin `delta` later."""
    low, high, zero = output.low, output.high, output.zero_point
    slope, by, first = 1 << SLOPE_BITS, shift + SLOPE_BITS, low + UNSIGNED
    parts = [Segment(FIRST, 0, 0, first), Segment(delta, slope, by, first)]
    if delta:
        parts.append(Segment((zero - low) << shift, slope, by, zero + UNSIGNED))
    if high < 127:
        parts.append(Segment((high - low) << shift, 0, 0, high + UNSIGNED))
    return parts


def scaled_slope(slope: float, shift: int) -> tuple[int, int]:
    """(multiplier, shift) of a slope in units a step, steps of 2^shift."""
    by = shift + SLOPE_BITS
    while by < MAX_SLOPE_SHIFT and 0 < slope * 2.0 ** (by + 1 - shift) <= MAX_SLOPE:
        by += 1
    while slope * 2.0 ** (by - shift) > MAX_SLOPE:
        by -= 1
    multiplier = round(slope * 2.0 ** (by - shift))
    return (multiplier, by) if multiplier else (0, 0)


def activation_table(segments: list[Segment]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    """The 16 words and 16 bytes of the chip; what is left of them begins where no value is."""
    rest = [Segment(NEVER + i, 0, 0, 0) for i in range(MAX_PIECES - len(segments))]
    words = [s.shift | s.slope << 8 | (s.start & 0xFFFFFFFFF) << 24 for s in segments + rest]
    return np.array(words, np.uint64), np.array([s.bias for s in segments + rest], np.uint8)


class Stairs(NamedTuple):
    """The activation as the chip computes it: results[i] from firsts[i] on."""

    firsts: Int64
    results: Int64


def stairs_of(segments: list[Segment]) -> Stairs:
    """Every v at which the result changes."""
    firsts, results = [FIRST], [segments[0].bias]
    ends = [s.start for s in segments[1:]] + [VALUE_LIMIT]
    for segment, end in zip(segments, ends, strict=True):
        if segment.start > FIRST:
            firsts.append(segment.start + 1)
            results.append(_result(segment, segment.start + 1))
        if segment.slope == 0:
            continue
        for y in range(results[-1] + 1, 256):
            half = (2 * (y - segment.bias) - 1) << (segment.shift - 1)
            ahead = -(-half // segment.slope)
            if ahead * segment.slope == half and (y - segment.bias) & 1:  # an exact half goes to even
                ahead += 1
            if segment.start + ahead > end:
                break
            firsts.append(segment.start + ahead)
            results.append(y)
    return Stairs(np.array(firsts, np.int64), np.array(results, np.int64))


def _result(segment: Segment, v: int) -> int:
    product = (v - segment.start) * segment.slope
    whole, rest = product >> segment.shift, (product & ((1 << segment.shift) - 1)) << 1
    up = rest > 1 << segment.shift or (rest == 1 << segment.shift and whole & 1)
    return min(max(whole + up + segment.bias, 0), 255)


def solve(channels: Channels, output: Range, width_bits: int = 23, *, results: Int64 | None = None) -> Tables | None:
    """The tables of a layer; None when a function behind it does not go into 16 pieces.

    Args:
        channels: of the layer; a range of accumulators holds 0 or not, least <= most.
        output: zero point and clamp, low < high.
        width_bits: bits of the scaling multiplier beside its sign; 22 are proved on silicon, 23 are shipped.
        results: bytes for low to high, where a function is behind the layer.

    Raises:
        ValueError: some value does not fit the chip's 36 bits at any scale.
    """
    wanted, plain = thresholds(channels, output), results is None
    best: Tables | None = None
    for blurred in (False,) if plain else (False, True):
        for shift in range(_first_shift(channels, width_bits), MIN_SHIFT - 1, -1):
            for delta in _deltas(channels, output, shift):
                activation = _Activation(output, output.results if results is None else results, shift, delta, blurred)
                found = _solve(channels, wanted, activation, width_bits)
                if found is not None and (best is None or found.cost < best.cost):
                    best = found
            if best is not None and (best.exact or shift <= best.shift - 2):
                break
        if best is not None and best.error <= 1:
            break
    if best is None and plain:
        raise ValueError("its sums do not fit the KPU's 36 bits")
    return best


def _first_shift(channels: Channels, width_bits: int) -> int:
    """The usual S, or a larger one where the scaling multipliers would else not use their bits (sums of 31 bits)."""
    largest = float(np.max(channels.multiplier * 2.0 ** (channels.exponent - 31), initial=0))
    if largest == 0:
        return USUAL_SHIFT
    full = width_bits - MAX_SCALING_SHIFT - int(np.ceil(np.log2(largest)))
    return min(max(full, USUAL_SHIFT), MAX_SHIFT)


def _deltas(channels: Channels, output: Range, shift: int) -> list[int]:
    """Offsets of the part at and below the zero point that are worth a try: that of the most common exponent, none."""
    right = -channels.exponent[channels.multiplier != 0]
    right = right[(right > 0) & (right < shift)]
    if not right.size or not output.low < output.zero_point < output.high:
        return [0]
    return [1 << (shift - int(np.bincount(right).argmax())), 0]


def _solve(channels: Channels, wanted: Int64, activation: _Activation, width_bits: int) -> Tables | None:
    """The tables at one scale; None when a number does not fit, or 16 pieces are too few."""
    words, differing = [], []
    segments = activation.segments()
    if segments is None:
        return None
    starts, stairs = activation.starts(), stairs_of(segments)
    for c in range(len(wanted)):
        one = _One(*(int(values[c]) for values in channels))
        found = _channel(one, wanted[c], starts, activation.shift, width_bits)
        if found is None:
            return None
        words.append(found.word)
        differing.append(_differing(one, Stairs(wanted[c], activation.results), stairs, found))
    wrong, errors = np.array(differing, np.int64).reshape(-1, 2).T
    table, bias = activation_table(segments)
    return Tables(np.array(words, np.uint64), table, bias, activation.shift, wrong, int(errors.max(initial=0)))


def _channel(one: _One, wanted: Int64, starts: Int64, shift: int, width_bits: int) -> Scaling | None:
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
    return Scaling(m, b, n) if fits else None


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
    return best_addends(lower, upper)


def best_addends(lower: Int64, upper: Int64) -> tuple[Int64, Int64]:
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


def _differing(one: _One, wanted: Stairs, stairs: Stairs, found: Scaling) -> tuple[int, int]:
    """How many reachable accumulators give another result, and the largest difference.

    `wanted`: in front of firsts[0] is results[0], from firsts[i] on results[i + 1].
    """
    least, end = one.least, one.most + 1
    if found.multiplier == 0:
        firsts = np.where(stairs.firsts <= found.addend, least, end)
    else:
        firsts = -(-((stairs.firsts - found.addend) << found.shift) // found.multiplier)
    firsts = np.clip(firsts, least, end)
    cuts = np.unique(np.concatenate([[least, end], firsts, np.clip(wanted.firsts, least, end)]))
    at = cuts[:-1]
    actual = stairs.results[np.searchsorted(firsts, at, "right") - 1]
    right = wanted.results[np.searchsorted(wanted.firsts, at, "right")]
    distance = np.abs(actual - right)
    return int(np.diff(cuts)[distance > 0].sum()), int(distance.max(initial=0))


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
