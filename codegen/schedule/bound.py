"""What no plan can beat.

Problem: to say how good a plan is, and when to stop looking for a better one.
Method: at one moment (before the run, in a layer, after the run) everything needed must lie side by
side, except where an output may take the place of a dying input.  For each such pair the most bytes
that they can share follows from the forbidden differences.  A byte holds at most one output and one
input, so the sum over outputs of min(size, what it can share with all inputs), and the same with the
roles exchanged, are both upper bounds of the saving.  Alignment is counted where nothing may be shared: among
what is live before a layer's writes, and among what is live after its last reads.
Guarantee: the arena of any correct plan of these bodies is at least `bytes_at` of every moment.
"""

from __future__ import annotations

from codegen.schedule.lifetimes import Body, Span
from codegen.schedule.overlap import Interval, Pairs


def bytes_at(moment: int, bodies: list[Body], pairs: Pairs) -> int:
    """Least bytes needed in layer `moment` (-1: before the run; the number of layers: after it)."""
    live = [(i, span) for i, body in enumerate(bodies) for span in body.spans if span.first <= moment <= span.last]
    dying = [(i, p) for i, p in live if p.last == moment and p.first < moment]
    born = [(j, q) for j, q in live if q.first == moment]
    shared = [[_most_shared(i, p, j, q, pairs) for i, p in dying] for j, q in born]
    by_output = sum(min(_bytes(q), sum(row)) for (_, q), row in zip(born, shared, strict=True))
    by_input = sum(min(_bytes(p), sum(row[k] for row in shared)) for k, (_, p) in enumerate(dying))
    together = sum(_bytes(span) for _, span in live) - min(by_output, by_input)
    before = [(bodies[i].align, p) for i, p in live if p.first < moment]
    after = [(bodies[j].align, q) for j, q in live if q.last > moment]
    return max(together, _side_by_side(before), _side_by_side(after))


def _side_by_side(spans: list[tuple[int, Span]]) -> int:
    """Least bytes of disjoint spans, given with the alignment of their bodies.

    On a grid of g bytes, no two spans that start on the grid have a cell in common, and only the topmost one needs
    less than all bytes of its cells.
    """
    least = sum(_bytes(span) for _, span in spans)
    for grid in {align for align, _ in spans}:
        sizes = [_bytes(span) for align, span in spans if align % grid == 0 and span.start % grid == 0]
        slack = [-size % grid for size in sizes]
        least = max(least, sum(sizes) + sum(slack) - max(slack, default=0))
    return least


def _bytes(span: Span) -> int:
    return span.end - span.start


def _most_shared(i: int, p: Span, j: int, q: Span, pairs: Pairs) -> int:
    """Most bytes that p (of body i) and q (of body j) can have in common."""
    if i == j:
        return 0
    between = pairs.get((min(i, j), max(i, j)), ())
    intervals = between if i < j else tuple((1 - high, 1 - low) for low, high in reversed(between))
    best = 0
    for difference in _candidates(p, q, intervals):
        if not any(low <= difference < high for low, high in intervals):
            best = max(best, min(p.end, q.end + difference) - max(p.start, q.start + difference))
    return best


def _candidates(p: Span, q: Span, intervals: tuple[Interval, ...]) -> list[int]:
    """Differences among which the largest overlap is: it is unimodal, so ends of intervals and its top."""
    return [p.start - q.start, p.end - q.end, *(d for low, high in intervals for d in (low - 1, high))]
