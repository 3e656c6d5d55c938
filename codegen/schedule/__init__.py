"""The schedule: graph and back-ends -> Program, the static layer list.

    graph ── pick ──> a kernel per operator ── views ──> what shares memory ── lifetimes ──> bodies
          ── overlap ──> how they may lie ── bound, offsets ──> where they lie ── proof ──> Program

:func:`schedule` is the story; each room states its problem, its method and what it guarantees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codegen.backends import Backend
from codegen.backends.candidate import Call, Core
from codegen.ir import Graph, Operator, Tensor
from codegen.schedule.bound import bytes_at
from codegen.schedule.constants import copy_constant_outputs
from codegen.schedule.lifetimes import Body, find_bodies
from codegen.schedule.offsets import pack
from codegen.schedule.overlap import forbidden_pairs
from codegen.schedule.pick import Pick, pick_kernels
from codegen.schedule.program import Layer, PlacedCall, Placement, Program
from codegen.schedule.proof import PlanError, verify_plan
from codegen.schedule.views import IO_ALIGN, Views, find_views

__all__ = ["PlanError", "schedule", "verify_plan"]


def schedule(graph: Graph, backends: Sequence[Backend], core: Core) -> Program:
    """Choose kernels and place every tensor.

    Args:
        graph: lowered; not changed.
        backends: in order of preference.
        core: the processor, for the back-ends.

    Raises:
        GencError: every operator that no back-end can compute.
    """
    graph = copy_constant_outputs(graph)
    picks = pick_kernels(graph, backends, core)
    views = find_views(graph, picks)
    calls = [views.remaining_calls(op, picks[op].candidate.calls) if op in picks else () for op in graph.operators]
    bodies = find_bodies(graph, views, calls)
    pairs = forbidden_pairs(bodies, calls)
    needs = [bytes_at(moment, bodies, pairs) for moment in range(-1, len(calls) + 1)]
    packing = pack(bodies, pairs, max(needs))
    starts = dict(zip(bodies, packing.offsets, strict=True))
    offsets = {t: starts[body] + inside for body in bodies for t, inside in body.starts.items()}
    scratch = {body.spans[0].first: offset for body, offset in starts.items() if not body.starts}
    program = Program(
        graph=graph,
        layers=tuple(
            _layer(index, op, picks.get(op), calls[index], offsets=offsets, scratch=scratch.get(index))
            for index, op in enumerate(graph.operators)
        ),
        placements=_placements(graph, views, bodies, starts, offsets),
        arena_bytes=packing.arena_bytes,
        arena_align=max([IO_ALIGN, *(body.align for body in bodies)]),
        lower_bound_bytes=max(needs),
        peak_layer=min(max(needs.index(max(needs)) - 1, 0), len(calls) - 1),
        offsets=offsets,
    )
    verify_plan(program)
    return program


def _layer(
    index: int,
    op: Operator,
    pick: Pick | None,
    calls: tuple[Call, ...],
    *,
    offsets: dict[Tensor, int],
    scratch: int | None,
) -> Layer:
    """One operator with its calls placed."""
    if pick is None or not calls:
        return Layer(index, op, None, (), "a view: shares memory, needs no code")
    placed = tuple(
        PlacedCall(
            call=call,
            inputs=tuple(offsets[o.tensor] for o in call.inputs),
            outputs=tuple(offsets[o.tensor] for o in call.outputs),
            scratch=scratch if call.scratch_bytes else None,
            rows_held=tuple(o.rows for o in (*call.inputs, *call.outputs)),
            row_begin=0,
            row_end=call.out_rows,
        )
        for call in calls
    )
    offered = pick.candidate
    share = len(calls) / len(offered.calls)
    done = offered if share == 1 else replace(offered, calls=calls, instructions=offered.instructions * share)
    why = pick.why if share == 1 else f"{pick.why}; {len(calls)} of {len(offered.calls)} pieces need a copy"
    return Layer(index, op, done, placed, why)


def _placements(
    graph: Graph,
    views: Views,
    bodies: Sequence[Body],
    starts: dict[Body, int],
    offsets: dict[Tensor, int],
) -> tuple[Placement, ...]:
    """Every tensor and scratch with its span, in order of first use."""
    first = {t: index for index, op in enumerate(graph.operators) for t in op.outputs}
    last = {t: index for index, op in enumerate(graph.operators) for t in op.activations}
    last.update(dict.fromkeys(graph.outputs, len(graph.operators)))
    placements = []
    for body in bodies:
        for t in body.starts:
            begin = first.get(t, -1)
            end = max(last.get(t, begin), begin)
            parent = views.parents.get(t, (None, 0))[0]
            placements.append(Placement(t, t.name, offsets[t], t.bytes, begin, end, parent))
        if not body.starts:
            layer = body.spans[0].first
            placements.append(Placement(None, body.label, starts[body], body.bytes, layer, layer))
    return tuple(sorted(placements, key=lambda p: (p.first, p.tensor is None)))
