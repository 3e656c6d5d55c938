"""How the memories of a network may lie to each other.

Problem: bytes needed at the same time must be disjoint, with one exception: in the layer that reads a
tensor for the last time, the output may already take the place of what has been read.
Method: for an input x and an output y of a call, the kernel's declaration gives the least distance d
such that y at or below x - d is safe: output row r ends before the first input row that row r or any
later one reads.  A kernel that works in place may also have y exactly on x.  Over the calls of a
layer: what a later call reads must not be touched by an earlier one; what only earlier calls read is
free.  The other way round, y above x, is never safe with ascending rows.
Guarantee: a placement in which no pair of bodies has a forbidden difference of offsets is correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backends.candidate import Call, Operand
from codegen.ir import Tensor
from codegen.schedule.lifetimes import Body, Span
from codegen.schedule.moments import Moment

Interval = tuple[int, int]
"""Half open: (low, high) holds low, low + 1, ..., high - 1."""

Pairs = dict[tuple[int, int], tuple[Interval, ...]]
"""(a, b) with a < b -> forbidden differences offset(b) - offset(a); pairs that forbid nothing are left out."""


@dataclass(frozen=True)
class Rule:
    """Safe differences offset(y) - offset(x) of an output y and an input x that dies in the same layer.

    Attributes:
        below: every difference up to this one is safe.
        at: this difference is safe too (in place), or None.
    """

    below: int
    at: int | None

    def allows(self, difference: int) -> bool:
        """True when the difference is safe."""
        return difference <= self.below or difference == self.at

    def moved(self, shift: int) -> Rule:
        """The rule for offsets of the bodies, where x starts `shift` bytes deeper in its body than y in its own."""
        return Rule(self.below + shift, None if self.at is None else self.at + shift)


def safe_distance(x: Operand, y: Operand, rows: int) -> int:
    """Least d such that y may start at or below x - d while one call computes rows [0, rows)."""
    if y.rows != rows:
        return y.rows * y.row_bytes
    distance = -x.rows * x.row_bytes
    needed = x.rows
    for row in reversed(range(rows)):
        if x.first[row] <= x.last[row]:
            needed = min(needed, x.first[row])
        if needed < x.rows:
            distance = max(distance, (row + 1) * y.row_bytes - needed * x.row_bytes)
    return distance


def works_in_place(call: Call, position: int, target: int) -> bool:
    """True when output `target` may lie exactly on input `position`; rows already overwritten are not read again."""
    x, y = call.inputs[position], call.outputs[target]
    same_rows = x.rows == y.rows and (x.row_bytes == y.row_bytes or (x.rows == 1 and x.row_bytes > y.row_bytes))
    written = range(call.out_rows) if y.rows == call.out_rows else [y.rows * min(r, 1) for r in range(call.out_rows)]
    ahead = all(f >= w or f > t for f, t, w in zip(x.first_alone, x.last, written, strict=True))
    return call.may_coincide(position, target) and same_rows and ahead


def layer_rule(calls: tuple[Call, ...], x: Tensor, y: Tensor) -> Rule:
    """The rule for input tensor x and output tensor y over all calls of a layer."""
    distance, in_place = -x.bytes, True
    for reader, read_call in enumerate(calls):
        for position, source in enumerate(read_call.inputs):
            if source.tensor is not x:
                continue
            for writer, write_call in enumerate(calls):
                for place, target in enumerate(write_call.outputs):
                    if target.tensor is not y:
                        continue
                    if writer < reader:
                        return Rule(-y.bytes, None)
                    if writer == reader:
                        distance = max(distance, safe_distance(source, target, read_call.out_rows))
                        in_place &= works_in_place(read_call, position, place)
    return Rule(-distance, 0 if in_place else None)


def moment_rule(moment: Moment, x: Tensor, y: Tensor) -> Rule:
    """The rule for input tensor x and output tensor y of a moment; a ring, written again and again, takes nothing."""
    if y in moment.rings:
        return Rule(-x.bytes - y.bytes, None)
    if moment.timeline is None:
        return layer_rule(moment.calls, x, y)
    return Rule(-moment.timeline.distance(x, y, moment.layers), None)


def _meets(span: Span, tensor: Tensor, start: int) -> bool:
    """True when a tensor that starts at `start` of a body has bytes in `span`."""
    return start < span.end and span.start < start + tensor.bytes


def _rules(p: Span, a: Body, q: Span, b: Body, moments: Sequence[Moment]) -> list[Rule]:
    """Under which conditions q may take bytes of p, as rules for the offsets of b and a; empty: under none.

    That can only be in the moment in which p is read for the last time and q is written first.
    """
    if p.last != q.first or p.first == p.last or not 0 <= p.last < len(moments):
        return []
    moment = moments[p.last]
    reads = dict.fromkeys(o.tensor for c in moment.calls for o in c.inputs if o.tensor in a.starts)
    writes = dict.fromkeys(o.tensor for c in moment.calls for o in c.outputs if o.tensor in b.starts)
    return [
        moment_rule(moment, x, y).moved(a.starts[x] - b.starts[y])
        for x in reads
        for y in writes
        if _meets(p, x, a.starts[x]) and _meets(q, y, b.starts[y])
    ]


def _span_forbidden(p: Span, a: Body, q: Span, b: Body, moments: Sequence[Moment]) -> list[Interval]:
    """Differences offset(b) - offset(a) that p and q forbid, when they are needed at the same time."""
    if p.last < q.first or q.last < p.first:
        return []
    low, high = p.start - q.end + 1, p.end - q.start
    rules = _rules(p, a, q, b, moments)
    if not rules:
        return [(low, high)]
    low = max(low, min(rule.below for rule in rules) + 1)
    allowed = sorted({rule.at for rule in rules if rule.at is not None and all(r.allows(rule.at) for r in rules)})
    intervals = []
    for point in (t for t in allowed if low <= t < high):
        intervals.append((low, point))
        low = point + 1
    return [(begin, end) for begin, end in [*intervals, (low, high)] if begin < end]


def forbidden(a: Body, b: Body, moments: Sequence[Moment]) -> tuple[Interval, ...]:
    """Every forbidden difference offset(b) - offset(a), as ascending disjoint intervals."""
    intervals: list[Interval] = []
    for p in a.spans:
        for q in b.spans:
            if p.last == q.first:
                intervals += _span_forbidden(p, a, q, b, moments)
            else:
                intervals += [(1 - end, 1 - begin) for begin, end in _span_forbidden(q, b, p, a, moments)]
    return merged(intervals)


def forbidden_pairs(bodies: Sequence[Body], moments: Sequence[Moment]) -> Pairs:
    """What every two bodies forbid each other."""
    lives = [(min(s.first for s in body.spans), max(s.last for s in body.spans)) for body in bodies]
    pairs: Pairs = {}
    for b, (b_first, b_last) in enumerate(lives):
        for a, (a_first, a_last) in enumerate(lives[:b]):
            if a_first <= b_last and b_first <= a_last and (between := forbidden(bodies[a], bodies[b], moments)):
                pairs[a, b] = between
    return pairs


def merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    """The same set as few, ascending intervals."""
    merged: list[Interval] = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)
