"""From plans to the program: which plan meets the goal, and where everything lies.

Problem: the planner works with estimates; what counts is the arena after placing.
Method: the plan that the estimates favour is placed; when outputs laid over inputs, one after the other, push each
other up, also plans that avoid a segment or a kernel near the top, again and again while that helps.  The smallest
arena wins; the plan that runs everything whole competes.  For a given RAM, plans of more and more work are placed
until one fits.
Guarantee: the program is never larger than the one without streaming, and a budget is kept or refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from codegen.backends.candidate import Call
from codegen.errors import GencError, Problem
from codegen.ir import Graph, Operator, Tensor
from codegen.schedule.bound import bytes_at
from codegen.schedule.goal import BALANCED, EXTRA_WORK, Goal
from codegen.schedule.lifetimes import Body, find_bodies
from codegen.schedule.moments import Moment
from codegen.schedule.overlap import forbidden_pairs
from codegen.schedule.pick import Pick
from codegen.schedule.program import ADDRESS_BYTES, Layer, PlacedCall, Placement, Program, Push, Segment, Stage
from codegen.schedule.segments import Option, Plan, Planner
from codegen.schedule.split import pack_halves
from codegen.schedule.states import StatePart
from codegen.schedule.views import IO_ALIGN, Views

PACKED = 1.005
"""A plan packed this near to its estimate is good enough."""

DETOURS = 4
"""Segments or kernels that are avoided, one at a time, when a plan cannot be packed as tightly as estimated."""

ROUNDS = 6
"""How often the best of these plans is improved in the same way."""

RELAXED = 4
"""Larger limits for which plans are placed when none was packed as tightly as estimated."""

BUDGET_ATTEMPTS = 12
"""Plans that are placed for a given RAM."""


def best_program(planner: Planner, goal: Goal) -> Program:
    """The program that meets the goal.

    Raises:
        GencError: no plan fits into the RAM that the goal allows.
    """
    if goal.ram_bytes is not None:
        return _within(planner, goal.ram_bytes)
    return _smallest(planner, goal.extra_work)


def _smallest(planner: Planner, extra_work: float) -> Program:
    """The smallest program for a part of the network's work; what less of it buys may pack better."""
    work = sum(pick.candidate.instructions for pick in planner.picks.values())
    best = _place(planner, _plan(planner, math.inf))
    for part in dict.fromkeys((min(EXTRA_WORK[BALANCED], extra_work), extra_work)):
        if part:
            least = planner.least_bytes(part * work)
            best = min(best, _packed(planner, least, part * work), key=lambda p: p.activation_bytes)
            best = _relaxed(planner, least, best)
    return best


def _plan(planner: Planner, limit_bytes: float) -> Plan:
    plan = planner.least_work(limit_bytes)
    assert plan is not None
    return plan


def _packed(planner: Planner, limit_bytes: int, allowed: float) -> Program:
    """The plan for a limit, or one nearby that packs better, for at most `allowed` instructions more."""
    plan = _plan(planner, limit_bytes)
    best = _place(planner, plan)
    avoided: tuple[Option, ...] = ()
    for _ in range(ROUNDS):
        if best.activation_bytes <= PACKED * limit_bytes:
            break
        others = [o for o in _detours(planner, plan, best, limit_bytes, avoided) if o[0].extra <= allowed]
        placed = [(_place(planner, other), other, without) for other, without in others]
        smallest = min(placed, key=lambda p: p[0].activation_bytes, default=None)
        if smallest is None or smallest[0].activation_bytes >= best.activation_bytes:
            break
        best, plan, avoided = smallest
    return best


def _relaxed(planner: Planner, limit_bytes: int, best: Program) -> Program:
    """The smallest program of `best` and those for limits in between, whose plans may pack as tightly as estimated."""
    for part in range(1, RELAXED + 1):
        if best.activation_bytes <= PACKED * limit_bytes:
            break
        limit = limit_bytes + (best.activation_bytes - limit_bytes) * part // (RELAXED + 1)
        best = min(best, _place(planner, _plan(planner, limit)), key=lambda p: p.activation_bytes)
    return best


def _detours(
    planner: Planner, plan: Plan, placed: Program, limit_bytes: float, avoided: tuple[Option, ...] = ()
) -> list[tuple[Plan, tuple[Option, ...]]]:
    """Plans for a limit without one more of what is near the top of a plan that was placed, and without what."""
    arena = [p for p in placed.placements if not placed.is_state(p.offset)]
    end = max((p.offset + p.bytes for p in arena), default=0)
    top = [p for p in arena if p.offset + p.bytes == end]
    first, last = min((p.first for p in top), default=0), max((p.last for p in top), default=0)
    near = [o for o in plan.options if o.segment.end > first and o.segment.begin <= last + 2]
    withouts = [(*avoided, option) for option in near[:DETOURS]]
    others = [(planner.least_work(limit_bytes, without), without) for without in withouts]
    return sorted(((plan, w) for plan, w in others if plan is not None), key=lambda other: other[0].extra)


def _within(planner: Planner, ram_bytes: int) -> Program:
    """The program of least work that fits into `ram_bytes`."""
    limit: float = ram_bytes
    for _ in range(BUDGET_ATTEMPTS):
        plan = planner.least_work(limit)
        if plan is None:
            break
        program = _place(planner, plan)
        if program.total_bytes <= ram_bytes:
            return program
        for other, _ in _detours(planner, plan, program, limit):
            if (detour := _place(planner, other)).total_bytes <= ram_bytes:
                return detour
        limit -= max(program.total_bytes - ram_bytes, 1)
    smallest = _smallest(planner, math.inf)
    if smallest.total_bytes <= ram_bytes:
        return smallest
    layers = smallest.layers
    where = layers[smallest.peak_layer].op.where if layers else "the input"
    problem = Problem(where, f"sets the peak: the smallest instance found has {smallest.total_bytes:,} B")
    raise GencError(f"no plan fits into {ram_bytes:,} B of RAM", [problem], cure=f"--ram {smallest.total_bytes}")


def _place(planner: Planner, plan: Plan) -> Program:
    """Place every tensor of a plan."""
    graph, views, moments = planner.graph, planner.views, planner.moments(plan)
    memories = find_bodies(graph, views, moments)
    bodies = [body for body in memories if planner.state.offsets.keys().isdisjoint(body.starts)]
    pairs = forbidden_pairs(bodies, moments)
    needs = [bytes_at(moment, bodies, pairs) for moment in range(-1, len(moments) + 1)]
    align = max([IO_ALIGN, planner.state.align, *(body.align for body in bodies)])
    halves = pack_halves(bodies, pairs, moments, max(needs), _room(planner, moments, align))
    grid = align if planner.state.bytes else 1  # the state part lies behind the arena
    arena_bytes = -(-halves.fast_bytes // grid) * grid
    slow_start = -(-(arena_bytes + planner.state.bytes) // align) * align
    starts = halves.fast | _state_starts(planner.state, memories, arena_bytes)
    starts |= {body: slow_start + offset for body, offset in halves.slow.items()}
    offsets = {t: start + inside for body, start in starts.items() for t, inside in body.starts.items()}
    peak = min(max(needs.index(max(needs)) - 1, 0), len(moments) - 1)
    return Program(
        graph=graph,
        layers=_layers(planner, plan, moments, offsets=offsets, scratch=_scratch(starts)),
        placements=_placements(graph, views, moments, starts, offsets),
        arena_bytes=arena_bytes,
        arena_align=align,
        lower_bound_bytes=-(-max(needs) // grid) * grid,
        peak_layer=moments[peak].layers[0] if moments else -1,
        state_bytes=planner.state.bytes,
        slow_bytes=-(-halves.slow_bytes // align) * align,
        offsets=offsets,
        segments=tuple(map(_segment, moments)),
        push=_push(planner, moments),
    )


def _room(planner: Planner, moments: Sequence[Moment], align: int) -> int | None:
    """Bytes for the arena in fast memory, beside the other members of an instance that has a slow part.

    Raises:
        GencError: there are none.
    """
    if planner.fast_bytes is None:
        return None
    counters_bytes = 4 * (1 + len(moments[0].layers)) if planner.pushed is not None else 0
    others = -(-(planner.state.bytes + counters_bytes + 2 * ADDRESS_BYTES) // align) * align
    room = (planner.fast_bytes - others) // align * align
    if room >= 0:
        return room
    reason = f"has {planner.fast_bytes:,} B, but state and addresses alone take {others:,}"
    raise GencError("an instance cannot be split", [Problem("fast memory", reason)])


def _state_starts(state: StatePart, memories: Sequence[Body], arena_bytes: int) -> dict[Body, int]:
    """Where the memories of the state part start."""
    inside = ((body, next((t for t in body.starts if t in state.offsets), None)) for body in memories)
    return {body: arena_bytes + state.offsets[t] - body.starts[t] for body, t in inside if t is not None}


def _scratch(starts: dict[Body, int]) -> dict[tuple[Call, bool], int]:
    """Call, and whether it is what the call keeps -> offset of its scratch."""
    return {(call, body.kept): start for body, start in starts.items() for call in body.calls}


def _segment(moment: Moment) -> Segment:
    timeline = moment.timeline
    if timeline is None:
        return Segment(moment.layers)
    stages = [Stage(layer, timeline.blocks[layer], timeline.waits[layer]) for layer in moment.layers]
    return Segment(moment.layers, tuple(stages))


def _push(planner: Planner, moments: Sequence[Moment]) -> Push | None:
    if planner.pushed is None:
        return None
    operand = planner.writer[planner.pushed][1]
    held = moments[0].rings[planner.pushed]
    return Push(planner.pushed, operand.rows, operand.row_bytes, held, planner.left_out)


def _layers(
    planner: Planner,
    plan: Plan,
    moments: Sequence[Moment],
    *,
    offsets: dict[Tensor, int],
    scratch: dict[tuple[Call, bool], int],
) -> tuple[Layer, ...]:
    """Every operator with its calls placed."""
    layers = []
    for segment, moment in zip(plan.segments, moments, strict=True):
        for number in moment.layers:
            op = planner.graph.operators[number]
            pick = plan.picks.get(op)
            calls = planner.views.remaining_calls(op, pick.candidate.calls) if pick else ()
            placed = tuple(_placed(call, moment, offsets, scratch) for call in calls)
            layer = _layer(number, op, pick, placed)
            work = planner.layer_work(segment, number, layer.candidate) if layer.candidate else 0.0
            layers.append(replace(layer, instructions=work))
    return tuple(layers)


def _placed(
    call: Call, moment: Moment, offsets: dict[Tensor, int], scratch: dict[tuple[Call, bool], int]
) -> PlacedCall:
    operands = (*call.inputs, *call.outputs)
    return PlacedCall(
        call=call,
        inputs=tuple(offsets[o.tensor] for o in call.inputs),
        outputs=tuple(offsets[o.tensor] for o in call.outputs),
        scratch=scratch.get((call, False)),
        kept=scratch.get((call, True)),
        rows_held=tuple(moment.rings.get(o.tensor, o.rows) for o in operands),
        rows_ahead=tuple(moment.ahead.get(o.tensor, 0) for o in operands),
        row_begin=0,
        row_end=call.out_rows,
    )


def _layer(index: int, op: Operator, pick: Pick | None, placed: tuple[PlacedCall, ...]) -> Layer:
    """One operator with its calls."""
    if pick is None or not placed:
        return Layer(index, op, None, (), "a view: shares memory, needs no code")
    offered = pick.candidate
    if len(placed) == len(offered.calls):
        return Layer(index, op, offered, placed, pick.why)
    share = len(placed) / len(offered.calls)
    done = replace(offered, calls=tuple(p.call for p in placed), instructions=offered.instructions * share)
    return Layer(index, op, done, placed, f"{pick.why}; {len(placed)} of {len(offered.calls)} pieces need a copy")


def _placements(
    graph: Graph, views: Views, moments: Sequence[Moment], starts: dict[Body, int], offsets: dict[Tensor, int]
) -> tuple[Placement, ...]:
    """Every tensor and scratch with its span, in order of first use; in a segment all live to its end."""
    together = {layer: moment.layers for moment in moments for layer in moment.layers}
    rings = {t: rows for moment in moments for t, rows in moment.rings.items()}
    first = {t: together[index][0] for index, op in enumerate(graph.operators) for t in op.outputs}
    last = {t: together[index][-1] for index, op in enumerate(graph.operators) for t in op.activations}
    last.update(dict.fromkeys(graph.sinks, len(graph.operators)))
    placements = []
    for body, start in starts.items():
        for t in body.starts:
            begin = first.get(t, 0 if t in rings else -1)
            end = max(last.get(t, begin), begin)
            parent = views.parents.get(t, (None, 0))[0]
            rows = rings.get(t, 0)
            placements.append(
                Placement(t, t.name, offsets[t], body.bytes if rows else t.bytes, begin, end, parent, rows)
            )
        if not body.starts:
            layers = moments[body.spans[0].first].layers
            placements.append(Placement(None, body.label, start, body.bytes, layers[0], layers[-1]))
    return tuple(sorted(placements, key=lambda p: (p.first, p.tensor is None)))
