"""From when to when each byte is needed.

Problem: tensors that share memory die at different times, and a piece may die before the whole.
Method: every tree of shared memory is one rigid :class:`Body`.  Its bytes are cut wherever a tensor
begins or ends; each cut :class:`Span` is needed from the first to the last event of the tensors that
cover it.  An event is a kernel's read or write in a moment, -1 for an input that the user writes or
the value of a state, and the number of moments for an output that the user reads or a next value.  A
tensor inside a segment that runs row by row has a ring of some of its rows, which lives for that moment.
Guarantee: outside its spans no byte of a body holds anything that is read later.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backends.candidate import Call
from codegen.ir import Graph, Tensor
from codegen.schedule.moments import Moment
from codegen.schedule.views import Views


@dataclass(frozen=True)
class Span:
    """Bytes [start, end) of a body, needed in moments first to last, both inclusive."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Body:
    """Memory that gets one offset.

    Attributes:
        label: for reports.
        bytes: size.
        align: alignment, bytes.
        spans: disjoint, in order of address.
        starts: the tensors inside -> where they start, bytes; empty for scratch.
        calls: whose scratch this is; empty for tensors.
        kept: it is what a call keeps from row to row.
    """

    label: str
    bytes: int
    align: int
    spans: tuple[Span, ...]
    starts: dict[Tensor, int]
    calls: tuple[Call, ...] = ()
    kept: bool = False


def find_bodies(graph: Graph, views: Views, moments: Sequence[Moment]) -> list[Body]:
    """Every memory of the network: tensors in order of first use, then scratch by moment."""
    events: dict[Tensor, set[int]] = defaultdict(set)
    rings = {tensor: rows for moment in moments for tensor, rows in moment.rings.items()}
    for tensor in graph.sources:
        if tensor not in rings:
            events[tensor].add(-1)
    sizes: dict[Tensor, int] = {}
    for index, moment in enumerate(moments):
        for call in moment.calls:
            for operand in (*call.inputs, *call.outputs):
                events[operand.tensor].add(index)
                if operand.tensor in rings:
                    sizes[operand.tensor] = rings[operand.tensor] * operand.row_bytes
    for tensor in graph.sinks:
        events[tensor].add(len(moments))
    aliases = {x: y for moment in moments for x, y in moment.aliases.items()}
    roots = dict.fromkeys(views.root(t)[0] for t in events if t not in aliases)
    tensors = [
        _ring_body(root, sizes[root], views, events) if root in sizes else _tensor_body(root, views, events)
        for root in roots
    ]
    homes = {t: body for body in tensors for t in body.starts}
    for x in reversed(aliases):
        body = homes[x] = homes[aliases[x]]
        body.starts[x] = body.starts[aliases[x]]
    scratches = [body for index, moment in enumerate(moments) for body in _scratch_bodies(index, moment)]
    return [*tensors, *scratches]


def _ring_body(tensor: Tensor, size: int, views: Views, events: dict[Tensor, set[int]]) -> Body:
    """The ring of a tensor that lives in one moment."""
    (moment,) = events[tensor]
    return Body(f"ring of {tensor.name}", size, views.align(tensor), (Span(0, size, moment, moment),), {tensor: 0})


def _tensor_body(root: Tensor, views: Views, events: dict[Tensor, set[int]]) -> Body:
    """The memory of `root` and of all tensors that lie in it."""
    starts = {t: views.root(t)[1] for t in views.members(root)}
    cuts = sorted({0, *starts.values(), *(start + t.bytes for t, start in starts.items())})
    spans: list[Span] = []
    for begin, end in itertools.pairwise(cuts):
        inside = [t for t, start in starts.items() if start <= begin and end <= start + t.bytes]
        times = [time for t in inside for time in events.get(t, ())]
        if not times:
            continue
        span = Span(begin, end, min(times), max(times))
        before = spans[-1] if spans else None
        if before and (before.end, before.first, before.last) == (begin, span.first, span.last):
            spans[-1] = Span(before.start, end, span.first, span.last)
        else:
            spans.append(span)
    return Body(root.name, root.bytes, views.align(root), tuple(spans), starts)


def _scratch_bodies(index: int, moment: Moment) -> list[Body]:
    """Scratch of a moment: its calls run one after the other and share it, but for what each of them keeps."""
    hungry = tuple(call for call in moment.calls if call.scratch_bytes)
    last = f" to {moment.layers[-1]}" if len(moment.layers) > 1 else ""
    label = f"scratch of layer{'s' if last else ''} {moment.layers[0]}{last}"
    bodies = []
    if hungry:
        size, align = max(c.scratch_bytes for c in hungry), max(c.scratch_align for c in hungry)
        bodies.append(Body(label, size, align, (Span(0, size, index, index),), {}, hungry))
    for call in moment.calls:
        if size := call.kept_bytes:
            span = Span(0, size, index, index)
            bodies.append(Body(f"{label}, kept", size, call.scratch_align, (span,), {}, (call,), kept=True))
    return bodies
