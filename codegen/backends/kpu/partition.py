"""Which layers go to the KPU: groups of layers that follow one another, each an operator of its own.

before: conv -> depthwise -> conv -> add <- ...
after:  kpu_segment -> add <- ...

A group is convex: no result of it comes back to it through the CPU.  Both orientations of the maps are tried; the one
with more multiplies on the chip, and of those the one with less to copy, is taken.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

from codegen.backends.kpu.plan import Plan
from codegen.backends.kpu.segment import KpuSegment
from codegen.backends.kpu.steps import NoRoomError, Refit
from codegen.backends.kpu.units import Chain, Function, Surroundings, Unit, result, rises, unit_of
from codegen.ir import Activation, DType, Graph, Operator, Tensor
from codegen.ir.ops import Lookup, MaxPool2D

CPU_PER_MULTIPLY = 2.5
"""Instructions of a RV64 core, about."""
CPU_PER_BYTE = 6
"""Of an upload or a download."""
CPU_PER_LAYER = 300


@dataclass(eq=False)
class _Group:
    """Units that may become a segment, in order.

    Attributes:
        needs: groups whose results it reads, also by way of the CPU.
    """

    units: list[Unit] = field(default_factory=list)
    needs: set[_Group] = field(default_factory=set)


def partition(graph: Graph, *, exact: bool = False) -> int:
    """Put segments in the place of what the KPU can compute; returns how many.

    Args:
        graph: lowered; changed in place.
        exact: leave layers to the CPU that differ from TFLite for some accumulator.
    """
    _maxima_first(graph)
    tried = [_segments(graph, rotated=rotated, exact=exact) for rotated in (False, True)]
    segments = max(tried, key=_merit)
    for segment in segments:
        _replace(graph, segment)
    _sort(graph)
    return len(segments)


def _merit(segments: list[KpuSegment]) -> tuple[int, int]:
    """Multiplies on the chip; then, fewer is better, the rows of KPU RAM that the CPU copies."""
    copied = [step.target.map.rows for s in segments for step in Plan(s).steps if isinstance(step, Refit)]
    return sum(segment.macs() for segment in segments), -sum(copied)


def _maxima_first(graph: Graph) -> None:
    """A maximum behind a function that never falls goes in front of it: there a convolution takes it along."""
    consumers = graph.consumers()
    for number, op in enumerate(graph.operators):
        readers = consumers.get(op.y, []) if isinstance(op, Lookup) and op.y not in graph.sinks else []
        if len(readers) != 1 or not isinstance(op, Lookup) or not isinstance(pool := readers[0], MaxPool2D):
            continue
        if pool.activation is Activation.NONE and op.x.dtype is op.y.dtype is DType.INT8 and rises(op):
            inner = replace(op.x, name=pool.y.name + "/maximum", shape=pool.y.shape)
            first, last = copy(pool), copy(op)
            first.inputs, first.outputs, last.inputs, last.outputs = [op.x], [inner], [inner, op.table], [pool.y]
            graph.operators[number] = first
            graph.operators[graph.operators.index(pool)] = last
            consumers = graph.consumers()


def _segments(graph: Graph, *, rotated: bool, exact: bool) -> list[KpuSegment]:
    """The groups that are worth it."""
    around = Surroundings(rotated, exact, graph.consumers(), frozenset(graph.sinks))
    groups = _groups(graph, around)
    made = [piece for group in groups for piece in _fitting(around, _trimmed(group.units))]
    return [segment for segment in made if _pays(segment)]


def _groups(graph: Graph, around: Surroundings) -> list[_Group]:
    """Layers grouped with those that made their input or read it too, unless the CPU stands between on another way."""
    groups, home, beside = list[_Group](), dict[Tensor, _Group](), dict[Tensor, _Group]()
    through: dict[Tensor, set[_Group]] = {t: set() for t in graph.sources}
    taken: dict[Operator, _Group] = {}
    for op in graph.operators:
        group: _Group | None = taken.get(op)
        if group is None and (unit := unit_of(op, around)) is not None:
            near = [each[t] for each in (home, beside) for t in op.activations if t in each]
            group = next((each for each in near if each not in _needed(op, home, through, each)), None)
            if group is None and isinstance(unit, Chain):
                group = _Group()
                groups.append(group)
            if group is not None:
                group.units.append(unit)
                taken.update(dict.fromkeys(unit.members, group))
                beside.update(dict.fromkeys(op.activations, group))
        needed = _needed(op, home, through, group)
        if group is not None:
            group.needs |= needed
        for t in op.outputs:
            through[t] = needed
            if group is not None:
                home[t] = group
    return groups


def _needed(
    op: Operator, home: dict[Tensor, _Group], through: dict[Tensor, set[_Group]], group: _Group | None
) -> set[_Group]:
    """Groups that must be done before an operator, but for what its own group gives it directly."""
    waiting = [home[t] for t in op.activations if t in home and home[t] is not group]
    waiting += [each for t in op.activations if t not in home for each in through.get(t, ())]
    found = set[_Group]()
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += each.needs
    return found


def _trimmed(units: list[Unit]) -> list[Unit]:
    """Without what the CPU would compute at the end: it does so as well behind the download."""
    left = list(units)
    while left and isinstance(left[-1], Function) and left[-1].tables is None:
        left.pop()
    return left


def _fitting(around: Surroundings, units: list[Unit]) -> list[KpuSegment]:
    """The group as one segment, or in halves where its maps do not fit the chip."""
    segment = _segment(around, units)
    try:
        misfits = [layer.misfit() for _, layer in Plan(segment).commands()]
    except NoRoomError:
        misfits = ["room"]
    if not any(misfits):
        return [segment]
    if len(units) == 1:
        return []
    half = len(units) // 2
    return [s for part in (units[:half], units[half:]) for s in _fitting(around, part)]


def _segment(around: Surroundings, units: list[Unit]) -> KpuSegment:
    """An operator that reads what members read of others and writes what others read of members."""
    members = [op for unit in units for op in unit.members]
    written = {t for op in members for t in op.outputs}
    inside = set(members)
    read = dict.fromkeys(t for op in members for t in op.activations if t not in written)
    seen = [
        result(unit)
        for unit in units
        if result(unit) in around.sinks
        or any(reader not in inside for reader in around.consumers.get(result(unit), []))
    ]
    first, last = members[0], members[-1]
    source = first.source if first is last else f"{first.source} to {last.source}"
    return KpuSegment(
        inputs=list(read), outputs=seen, name=last.name, source=source, units=tuple(units), rotated=around.rotated
    )


def _pays(segment: KpuSegment) -> bool:
    """Whether the CPU would take longer for the layers than for bringing and fetching their data."""
    moved = sum(t.size for t in (*segment.activations, *segment.outputs))
    return CPU_PER_MULTIPLY * segment.macs() > CPU_PER_BYTE * moved + CPU_PER_LAYER * len(segment.members)


def _replace(graph: Graph, segment: KpuSegment) -> None:
    at = graph.operators.index(segment.members[-1])
    graph.operators.insert(at + 1, segment)
    members = set(segment.members)
    graph.operators = [op for op in graph.operators if op not in members]


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
