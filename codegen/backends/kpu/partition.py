"""Which layers go to the KPU: groups of layers that follow one another, each an operator of its own.

before: conv -> depthwise -> conv -> add <- ...
after:  kpu_segment -> add <- ...

A group is convex: no result of it comes back to it through the CPU.  Both orientations of the maps are tried; the one
with more multiplies on the chip is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from codegen.backends.kpu.convolution import convolution, fused_pool, refusal
from codegen.backends.kpu.segment import KpuSegment, NoRoomError, Plan
from codegen.ir import Graph, Operator, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D

CPU_PER_MULTIPLY = 2.5
"""Instructions of a RV64 core, about."""
CPU_PER_BYTE = 6
"""Of an upload or a download."""
CPU_PER_LAYER = 300


@dataclass(eq=False)
class _Group:
    """Operators that may become a segment, in order."""

    members: list[Operator] = field(default_factory=list)


def partition(graph: Graph, *, exact: bool = False) -> int:
    """Put segments in the place of what the KPU can compute; returns how many.

    Args:
        graph: lowered; changed in place.
        exact: leave layers to the CPU that differ from TFLite for some accumulator.
    """
    tried = [_segments(graph, rotated=rotated, exact=exact) for rotated in (False, True)]
    segments = max(tried, key=lambda found: sum(segment.macs() for segment in found))
    for segment in segments:
        _replace(graph, segment)
    _sort(graph)
    return len(segments)


def _segments(graph: Graph, *, rotated: bool, exact: bool) -> list[KpuSegment]:
    """The groups that are worth it."""
    groups = _groups(graph, rotated=rotated, exact=exact)
    made = [piece for group in groups for piece in _fitting(graph, group.members, rotated=rotated)]
    return [segment for segment in made if _pays(segment)]


def _groups(graph: Graph, *, rotated: bool, exact: bool) -> list[_Group]:
    """Layers grouped with those that made their input, unless the CPU stands between on another way."""
    consumers, groups = graph.consumers(), list[_Group]()
    home: dict[Tensor, _Group] = {}
    through: dict[Tensor, set[_Group]] = {t: set() for t in graph.sources}
    pooled: dict[Operator, _Group] = {}
    for op in graph.operators:
        behind = set().union(*(through.get(t, set()) for t in op.activations))
        group: _Group | None = pooled.get(op)
        if group is None and isinstance(op, Conv2D | DepthwiseConv2D) and _accepts(op, rotated=rotated, exact=exact):
            group = home.get(op.x)
            if group is None or group in behind:
                group = _Group()
                groups.append(group)
            pool = fused_pool(op, consumers.get(op.y, [])) if op.y not in graph.sinks else None
            if pool is not None:
                pooled[pool] = group
        if group is None:
            behind |= {home[t] for t in op.activations if t in home}
        else:
            group.members.append(op)
            behind |= {home[t] for t in op.activations if t in home and home[t] is not group}
        for t in op.outputs:
            through[t] = behind
            if group is not None:
                home[t] = group
    return groups


def _accepts(op: Conv2D | DepthwiseConv2D, *, rotated: bool, exact: bool) -> bool:
    if refusal(op, rotated=rotated) is not None:
        return False
    try:
        tables = convolution(op, rotated=rotated).tables
    except ValueError:
        return False
    return tables.exact or not exact


def _fitting(graph: Graph, members: list[Operator], *, rotated: bool) -> list[KpuSegment]:
    """The group as one segment, or in halves where its maps do not fit the chip."""
    segment = _segment(graph, members, rotated=rotated)
    try:
        misfits = [layer.misfit() for _, layer in Plan(segment).commands()]
    except NoRoomError:
        misfits = ["room"]
    if not any(misfits):
        return [segment]
    if len(members) == 1:
        return []
    half = len(members) // 2
    return [s for part in (members[:half], members[half:]) for s in _fitting(graph, part, rotated=rotated)]


def _segment(graph: Graph, members: list[Operator], *, rotated: bool) -> KpuSegment:
    """An operator that reads what members read of others and writes what others read of members."""
    written = {t for op in members for t in op.outputs}
    inside = set(members)
    read = dict.fromkeys(t for op in members for t in op.activations if t not in written)
    consumers, sinks = graph.consumers(), set(graph.sinks)
    seen = [
        t
        for op in members
        for t in op.outputs
        if t in sinks or any(reader not in inside for reader in consumers.get(t, []))
    ]
    first, last = members[0], members[-1]
    source = first.source if first is last else f"{first.source} to {last.source}"
    return KpuSegment(
        inputs=list(read), outputs=seen, name=last.name, source=source, members=tuple(members), rotated=rotated
    )


def _pays(segment: KpuSegment) -> bool:
    """Whether the CPU would take longer for the layers than for bringing and fetching their data."""
    moved = sum(t.size for t in (*segment.activations, *segment.outputs))
    return CPU_PER_MULTIPLY * segment.macs() > CPU_PER_BYTE * moved + CPU_PER_LAYER * len(segment.members)


def _replace(graph: Graph, segment: KpuSegment) -> None:
    at = graph.operators.index(segment.members[-1])
    graph.operators.insert(at + 1, segment)
    graph.operators = [op for op in graph.operators if op not in segment.members]


def _sort(graph: Graph) -> None:
    """Producers in front of consumers again, else in the order as it was."""
    ready, waiting = set(graph.sources), list(graph.operators)
    ordered: list[Operator] = []
    while waiting:
        op = next(op for op in waiting if all(t in ready for t in op.activations))
        waiting.remove(op)
        ordered.append(op)
        ready.update(op.outputs)
    graph.operators = ordered
