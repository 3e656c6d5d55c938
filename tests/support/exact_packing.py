"""The smallest arena for bodies with forbidden differences of offsets, by an exact solver (CP-SAT)."""

from __future__ import annotations

from collections.abc import Sequence

from ortools.sat.python import cp_model

from codegen.schedule.lifetimes import Body
from codegen.schedule.offsets import Packing
from codegen.schedule.overlap import Interval, Pairs

SECONDS = 20.0


def smallest_arena(bodies: Sequence[Body], pairs: Pairs, known: Packing) -> int | None:
    """Bytes of the smallest arena, proved; None when the solver does not prove it in time.

    Args:
        bodies: to be placed.
        pairs: what they forbid each other.
        known: a correct packing, whose size is where the search starts.
    """
    model = cp_model.CpModel()
    most = known.arena_bytes
    arena = model.new_int_var(0, most, "arena")
    offsets = []
    for number, body in enumerate(bodies):
        unit = model.new_int_var(0, most // body.align, f"unit {number}")
        offsets.append(body.align * unit)
        model.add(offsets[-1] + body.bytes <= arena)
        model.add_hint(unit, known.offsets[number] // body.align)
    for (a, b), intervals in pairs.items():
        difference = model.new_int_var_from_domain(_outside(intervals, most), f"{b} - {a}")
        model.add(difference == offsets[b] - offsets[a])
    model.minimize(arena)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    return round(solver.objective_value) if status == cp_model.OPTIMAL else None


def _outside(intervals: Sequence[Interval], most: int) -> cp_model.Domain:
    """[-most, most] without the intervals, which ascend."""
    allowed, start = [], -most
    for low, high in intervals:
        if low > start:
            allowed.append([start, low - 1])
        start = max(start, high)
    if start <= most:
        allowed.append([start, most])
    return cp_model.Domain.from_intervals(allowed)
