"""Offsets of bodies in the arena: the packer.

Problem: give every body an aligned offset such that no pair has a forbidden difference (overlap.py)
and the arena is as small as can be.  This is dynamic storage allocation, NP-hard, with two
additions: bodies may overlap in given ways, and may consist of parts with different lifetimes.
Method: bodies are placed one after the other, each at the lowest free offset, so a plan is an order.
Several orders that are known to be good are tried; then the best one is improved by simulated
annealing, mostly by moving bodies that reach the top, or that are in their way.  For few bodies branch
and bound then looks for a smaller arena, or proves that there is none, however bodies may overlap and
interlock.  Everything stops as soon as the lower bound is reached.
Guarantee: the plan is correct; it does not depend on time or chance (fixed seed, counted steps).  Where
`Packing.proved` says so, no smaller arena exists: mostly so up to EXHAUSTIVE_BODIES bodies.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from codegen.schedule.lifetimes import Body
from codegen.schedule.overlap import Interval, Pairs

TRIALS_PER_BODY = 200
"""Orders that the annealing tries, for each body."""

ANNEALING_WORK = 500_000
"""Forbidden intervals that the annealing may look at, about a quarter of a second."""

TEMPERATURE = 0.02
"""Of the annealing at its start, as a part of the arena: how much larger a plan it accepts for a while."""

EXHAUSTIVE_BODIES = 12
"""Up to so many bodies, all ways to place them are searched."""

EXHAUSTIVE_WORK = 400_000
"""Forbidden intervals and limits that the exhaustive search may look at, about a sixth of a second."""


@dataclass(frozen=True, eq=False)
class Packing:
    """Offsets of all bodies, bytes, and the arena that they need; `proved` when there is no smaller one."""

    offsets: tuple[int, ...]
    arena_bytes: int
    proved: bool = False


class _Packer:
    """The problem, prepared for placing bodies quickly."""

    def __init__(self, bodies: Sequence[Body], pairs: Pairs) -> None:
        self.sizes = [body.bytes for body in bodies]
        self.aligns = [body.align for body in bodies]
        self.neighbours: list[list[tuple[int, tuple[Interval, ...]]]] = [[] for _ in bodies]
        for (a, b), intervals in pairs.items():
            self.neighbours[b].append((a, intervals))
            self.neighbours[a].append((b, tuple((1 - high, 1 - low) for low, high in intervals)))
        self.intervals = [(a, b, low, high) for (a, b), between in pairs.items() for low, high in between]
        self.work = 0

    def place(self, body: int, offsets: list[int]) -> int:
        """Lowest free offset of a body among those placed (offset >= 0)."""
        taken = sorted(
            (offsets[other] + low, offsets[other] + high)
            for other, intervals in self.neighbours[body]
            if offsets[other] >= 0
            for low, high in intervals
        )
        self.work += 1 + len(taken)
        align = self.aligns[body]
        offset = 0
        for low, high in taken:
            if low > offset:
                break
            if high > offset:
                offset = -(-high // align) * align
        return offset

    def pack(self, order: Sequence[int]) -> Packing:
        """Place all bodies in the given order."""
        offsets = [-1] * len(self.sizes)
        for body in order:
            offsets[body] = self.place(body, offsets)
        return self.packing(offsets)

    def packing(self, offsets: Sequence[int]) -> Packing:
        """The offsets with the arena they need."""
        return Packing(tuple(offsets), max((o + s for o, s in zip(offsets, self.sizes, strict=True)), default=0))


def pack(bodies: Sequence[Body], pairs: Pairs, lower_bound: int) -> Packing:
    """Offsets of `bodies` for which the arena is small; minimal when it equals `lower_bound`, or is `proved`."""
    if not bodies:
        return Packing((), 0, proved=True)
    packer = _Packer(bodies, pairs)
    best, order = _greedy(packer, bodies)
    if best.arena_bytes > lower_bound:
        best = _anneal(packer, best, order, lower_bound)
    if best.arena_bytes > lower_bound and len(bodies) <= EXHAUSTIVE_BODIES:
        return _Search(packer, best, lower_bound).run()
    return replace(best, proved=best.arena_bytes <= lower_bound)


def pack_quickly(bodies: Sequence[Body], pairs: Pairs) -> Packing:
    """Offsets of `bodies` by the best of some good orders: near :func:`pack`, in a fraction of its time."""
    return _greedy(_Packer(bodies, pairs), bodies)[0] if bodies else Packing((), 0)


def _greedy(packer: _Packer, bodies: Sequence[Body]) -> tuple[Packing, list[int]]:
    """The best of some good orders."""
    first = [min(span.first for span in body.spans) for body in bodies]
    last = [max(span.last for span in body.spans) for body in bodies]
    pressure = _pressure(bodies)
    keys = (
        lambda i: (-packer.sizes[i], first[i]),
        lambda i: (-packer.sizes[i] * (last[i] - first[i] + 1), first[i]),
        lambda i: (-pressure[i], -packer.sizes[i]),
        lambda i: (-pressure[i], first[i]),
        lambda i: (-pressure[i], -last[i]),
        lambda i: (first[i], -packer.sizes[i]),
        lambda i: (-last[i], -packer.sizes[i]),
    )
    orders = [sorted(range(len(bodies)), key=key) for key in keys]
    packings = [packer.pack(order) for order in orders]
    best = min(range(len(orders)), key=lambda k: packings[k].arena_bytes)
    return packings[best], orders[best]


def _pressure(bodies: Sequence[Body]) -> list[int]:
    """For each body, the most bytes that are live at one moment of its life."""
    live: dict[int, int] = {}
    for body in bodies:
        for span in body.spans:
            for moment in range(span.first, span.last + 1):
                live[moment] = live.get(moment, 0) + span.end - span.start
    return [max(live[m] for span in body.spans for m in range(span.first, span.last + 1)) for body in bodies]


def _anneal(packer: _Packer, best: Packing, order: list[int], lower_bound: int) -> Packing:
    """Simulated annealing over orders; returns the best plan it has seen."""
    rng = random.Random(1)  # noqa: S311  # the same plan every time is the point
    packer.work = 0
    current = best
    trials = TRIALS_PER_BODY * len(order)
    for trial in range(trials):
        done = max(trial / trials, packer.work / ANNEALING_WORK)
        if done >= 1 or best.arena_bytes <= lower_bound:
            break
        changed = _changed(packer, current, order, rng)
        packing = packer.pack(changed)
        loss = packing.arena_bytes - current.arena_bytes
        if loss <= 0 or rng.random() < math.exp(-loss / (TEMPERATURE * (1 - done) * best.arena_bytes)):
            current, order = packing, changed
        if packing.arena_bytes < best.arena_bytes:
            best = packing
    return best


def _changed(packer: _Packer, packing: Packing, order: list[int], rng: random.Random) -> list[int]:
    """Another order: one body moved, rather forward, or swapped; sometimes any other is moved too.

    The body is one that reaches the top, one that may be in the way of that, or, rarely, any.
    """
    changed = list(order)
    body = rng.choice([i for i, o in enumerate(packing.offsets) if o + packer.sizes[i] == packing.arena_bytes])
    if rng.random() < 0.5:
        body = rng.choice([other for other, _ in packer.neighbours[body]] or [body])
    if rng.random() < 0.15:
        body = rng.randrange(len(order))
    at = changed.index(body)
    if rng.random() < 0.6:
        changed.insert(rng.randrange(max(at, 1) if rng.random() < 0.7 else len(order)), changed.pop(at))
    else:
        other = rng.randrange(len(order))
        changed[at], changed[other] = changed[other], changed[at]
    if rng.random() < 0.3:
        changed.insert(rng.randrange(len(order)), changed.pop(rng.randrange(len(order))))
    return changed


class _Search:
    """All ways to separate the pairs, by branch and bound.

    A node has decided of some forbidden intervals whether the difference shall lie below or above, which are lower
    limits x[j] >= x[i] + w.  Its offsets are the least that keep them: no plan below this node has a smaller arena,
    and where they separate all pairs, they are a plan.  Else the interval that pushes most either way is decided next.
    """

    def __init__(self, packer: _Packer, best: Packing, lower_bound: int) -> None:
        self.packer, self.best, self.lower_bound = packer, best, lower_bound
        self.limits: list[list[tuple[int, int]]] = [[] for _ in packer.sizes]
        self.work = 0

    def run(self) -> Packing:
        """The best plan; no smaller one exists unless the work was too much."""
        self._descend([0] * len(self.limits))
        ended = self.work < EXHAUSTIVE_WORK or self.best.arena_bytes <= self.lower_bound
        return replace(self.best, proved=ended)

    def _descend(self, offsets: list[int]) -> None:
        violated = self._widest(offsets)
        if violated is None:
            self.best = self.packer.packing(offsets)
            return
        _, (up, up_by), (down, down_by) = violated
        # (i, j, w): x[j] >= x[i] + w; the smaller push first.
        for i, j, w in sorted(
            [(down, up, up_by), (up, down, down_by)], key=lambda c: offsets[c[0]] + c[2] - offsets[c[1]]
        ):
            if self.work >= EXHAUSTIVE_WORK or self.best.arena_bytes <= self.lower_bound:
                return
            self.limits[i].append((j, w))
            pushed = self._least(offsets, i)
            if pushed is not None:
                self._descend(pushed)
            self.limits[i].pop()

    def _widest(self, offsets: list[int]) -> tuple[int, tuple[int, int], tuple[int, int]] | None:
        """The forbidden interval that a pair is in, and its two ways out; of several, whose nearer one is farthest."""
        widest = None
        for a, b, low, high in self.packer.intervals:
            difference = offsets[b] - offsets[a]
            if low <= difference < high:
                push = min(high - difference, difference - low + 1)
                if widest is None or push > widest[0]:
                    widest = push, (b, high), (a, 1 - low)
        self.work += len(self.packer.intervals)
        return widest

    def _least(self, offsets: list[int], changed: int) -> list[int] | None:
        """The least offsets, from those given on, that keep the limits; None: they reach the best plan's arena."""
        offsets, waiting = list(offsets), [changed]
        sizes, aligns = self.packer.sizes, self.packer.aligns
        while waiting:
            i = waiting.pop()
            for j, w in self.limits[i]:
                self.work += 1
                if offsets[i] + w > offsets[j]:
                    offsets[j] = -(-(offsets[i] + w) // aligns[j]) * aligns[j]
                    if offsets[j] + sizes[j] >= self.best.arena_bytes:
                        return None
                    waiting.append(j)
        return offsets
