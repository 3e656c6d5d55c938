"""From when to when each byte is needed.

Problem: tensors that share memory die at different times, and a piece may die before the whole.
Method: every tree of shared memory is one rigid :class:`Body`.  Its bytes are cut wherever a tensor
begins or ends; each cut :class:`Span` is needed from the first to the last event of the tensors that
cover it.  An event is a kernel's read or write in a layer, -1 for an input that the user writes, and
the number of layers for an output that the user reads.
Guarantee: outside its spans no byte of a body holds anything that is read later.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backends.candidate import Call
from codegen.ir import Graph, Tensor
from codegen.schedule.views import Views


@dataclass(frozen=True)
class Span:
    """Bytes [start, end) of a body, needed in layers first to last, both inclusive."""

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
    """

    label: str
    bytes: int
    align: int
    spans: tuple[Span, ...]
    starts: dict[Tensor, int]


LayerCalls = Sequence[tuple[Call, ...]]
"""The calls of each layer; none for a view."""


def find_bodies(graph: Graph, views: Views, calls: LayerCalls) -> list[Body]:
    """Every memory of the network: tensors in order of first use, then scratch by layer."""
    events: dict[Tensor, set[int]] = defaultdict(set)
    for tensor in graph.inputs:
        events[tensor].add(-1)
    for layer, layer_calls in enumerate(calls):
        for call in layer_calls:
            for operand in (*call.inputs, *call.outputs):
                events[operand.tensor].add(layer)
    for tensor in graph.outputs:
        events[tensor].add(len(calls))
    roots = dict.fromkeys(views.root(t)[0] for t in events)
    tensors = [_tensor_body(root, views, events) for root in roots]
    scratches = [_scratch_body(layer, layer_calls) for layer, layer_calls in enumerate(calls)]
    return [*tensors, *(body for body in scratches if body.bytes)]


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


def _scratch_body(layer: int, calls: tuple[Call, ...]) -> Body:
    """Scratch of a layer: its calls run one after the other and share it."""
    size = max((c.scratch_bytes for c in calls), default=0)
    align = max((c.scratch_align for c in calls if c.scratch_bytes), default=1)
    return Body(f"scratch of layer {layer}", size, align, (Span(0, size, layer, layer),), {})
