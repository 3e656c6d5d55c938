"""What lies in fast memory when not everything can.

Problem: a board has a fast memory that is too small for the arena, and a slower one for the rest.
Method: the bodies are asked in the order of their traffic, bytes read and written in a run for each
byte that they take: scratch and rings first, large tensors that are touched once last.  A body stays
in fast memory if it can be packed there together with those before it.  Both parts are then packed
as one arena would be (offsets.py).
Guarantee: the fast part keeps within its room; everything is in one of the parts; nothing is in the
slow part when everything fits into the fast one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backends.candidate import Operand
from codegen.schedule.lifetimes import Body
from codegen.schedule.moments import Moment
from codegen.schedule.offsets import pack, pack_quickly
from codegen.schedule.overlap import Pairs


@dataclass(frozen=True, eq=False)
class Halves:
    """Bodies in two memories.

    Attributes:
        fast: offsets in the arena, bytes.
        slow: offsets in the slow part, bytes.
        fast_bytes: size of the arena.
        slow_bytes: size of the slow part.
    """

    fast: dict[Body, int]
    slow: dict[Body, int]
    fast_bytes: int
    slow_bytes: int


def pack_halves(
    bodies: Sequence[Body], pairs: Pairs, moments: Sequence[Moment], lower_bound: int, room_bytes: int | None
) -> Halves:
    """Offsets of all bodies, in the arena as far as `room_bytes` (None: without end) goes."""
    whole = pack(bodies, pairs, lower_bound)
    if room_bytes is None or whole.arena_bytes <= room_bytes:
        return Halves(dict(zip(bodies, whole.offsets, strict=True)), {}, whole.arena_bytes, 0)
    traffic = traffic_bytes(bodies, moments)
    hottest = sorted(range(len(bodies)), key=lambda i: (-traffic[bodies[i]] / max(bodies[i].bytes, 1), i))
    chosen: list[int] = []
    for index in hottest:
        more = sorted([*chosen, index])
        if pack_quickly(*_part(bodies, pairs, more)).arena_bytes <= room_bytes:
            chosen = more
    rest = [index for index in range(len(bodies)) if index not in chosen]
    fast, slow = (pack(*_part(bodies, pairs, part), 0) for part in (chosen, rest))
    return Halves(
        dict(zip((bodies[i] for i in chosen), fast.offsets, strict=True)),
        dict(zip((bodies[i] for i in rest), slow.offsets, strict=True)),
        fast.arena_bytes,
        slow.arena_bytes,
    )


def traffic_bytes(bodies: Sequence[Body], moments: Sequence[Moment]) -> dict[Body, int]:
    """Bytes of each body that a run reads and writes, by the kernels' declarations; of scratch, all with each row."""
    home = {tensor: body for body in bodies for tensor in body.starts}
    traffic: Counter[Body] = Counter()
    for call in (call for moment in moments for call in moment.calls):
        for operand in call.inputs:
            if operand.tensor in home:
                traffic[home[operand.tensor]] += _bytes_read(operand)
        for operand in call.outputs:
            if operand.tensor in home:
                traffic[home[operand.tensor]] += operand.tensor.bytes
    for body in bodies:
        for call in body.calls:
            used_bytes = call.kept_bytes if body.kept else call.scratch_bytes
            traffic[body] += 2 * used_bytes * max(call.out_rows, 1)
    return dict.fromkeys(bodies, 0) | traffic


def _bytes_read(operand: Operand) -> int:
    """Of an input, with every window that covers a row."""
    rows = sum(max(last - first + 1, 0) for first, last in zip(operand.first, operand.last, strict=True))
    return rows * operand.row_bytes


def _part(bodies: Sequence[Body], pairs: Pairs, chosen: Sequence[int]) -> tuple[list[Body], Pairs]:
    """Some of the bodies, with what they forbid each other."""
    place = {index: position for position, index in enumerate(chosen)}
    kept = {(place[a], place[b]): between for (a, b), between in pairs.items() if a in place and b in place}
    return [bodies[i] for i in chosen], kept
