"""The packer against an exact solver, and its bound."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.schedule.bound import bytes_at
from codegen.schedule.lifetimes import Body, Span
from codegen.schedule.offsets import Packing, pack
from codegen.schedule.overlap import Interval, Pairs, merged

LAYERS = 4
SEEDS = st.integers(0, 2**32 - 1)


def body(name: str, size: int, first: int, last: int, align: int = 1) -> Body:
    return Body(name, size, align, (Span(0, size, first, last),), {})


def random_body(rng: random.Random, name: str, *, interlocking: bool) -> Body:
    """If interlocking, some have a part that lives longer than the rest."""
    size, first = rng.randint(1, 8), rng.randint(-1, LAYERS - 1)
    last = rng.randint(first, LAYERS)
    spans = [Span(0, size, first, last)]
    if interlocking and size > 2 and rng.random() < 0.25:
        cut = rng.randint(1, size - 1)
        spans = [Span(0, cut, first, last), Span(cut, size, rng.randint(-1, first), rng.randint(last, LAYERS))]
    return Body(name, size, rng.choice([1, 1, 1, 2, 4]), tuple(spans), {})


def random_pair(rng: random.Random, a: Body, b: Body, *, interlocking: bool) -> tuple[Interval, ...]:
    """Disjoint while both live, but less strict in the layer where one dies and the other is born; if interlocking,
    perhaps in place there."""
    intervals: list[Interval] = []
    for p in a.spans:
        for q in b.spans:
            if p.last < q.first or q.last < p.first:
                continue
            low, high = p.start - q.end + 1, p.end - q.start
            handover = p.last == q.first > p.first or q.last == p.first > q.first
            if handover and p.last == q.first:
                low = rng.randint(low, high)
            elif handover:
                high = rng.randint(low, high)
            if interlocking and handover and low < 0 < high and rng.random() < 0.4:
                intervals += [(low, 0), (1, high)]
            else:
                intervals.append((low, high))
    return merged([(low, high) for low, high in intervals if low < high])


def random_problem(seed: int, *, interlocking: bool) -> tuple[list[Body], Pairs]:
    rng = random.Random(seed)  # noqa: S311
    bodies = [random_body(rng, str(i), interlocking=interlocking) for i in range(rng.randint(2, 6))]
    pairs = {
        (a, b): random_pair(rng, bodies[a], bodies[b], interlocking=interlocking)
        for b in range(len(bodies))
        for a in range(b)
    }
    return bodies, {pair: intervals for pair, intervals in pairs.items() if intervals}


def lower_bound(bodies: list[Body], pairs: Pairs) -> int:
    return max(bytes_at(moment, bodies, pairs) for moment in range(-1, LAYERS + 1))


def fits(bodies: list[Body], pairs: Pairs, arena: int) -> bool:
    """Exact: tries every offset of every body."""
    offsets: list[int] = []

    def place(b: int) -> bool:
        if b == len(bodies):
            return True
        for offset in range(0, arena - bodies[b].bytes + 1, bodies[b].align):
            differences = [(offset - offsets[a], pairs.get((a, b), ())) for a in range(b)]
            if all(not low <= d < high for d, intervals in differences for low, high in intervals):
                offsets.append(offset)
                if place(b + 1):
                    return True
                offsets.pop()
        return False

    return place(0)


def assert_correct(bodies: list[Body], pairs: Pairs, packing: Packing) -> None:
    for (a, b), intervals in pairs.items():
        difference = packing.offsets[b] - packing.offsets[a]
        assert all(not low <= difference < high for low, high in intervals)
    assert all(o >= 0 and o % body.align == 0 for o, body in zip(packing.offsets, bodies, strict=True))
    assert packing.arena_bytes == max(o + body.bytes for o, body in zip(packing.offsets, bodies, strict=True))


@given(SEEDS)
def test_no_smaller_arena_exists_for_few_bodies(seed: int) -> None:
    bodies, pairs = random_problem(seed, interlocking=False)
    packing = pack(bodies, pairs, lower_bound(bodies, pairs))
    assert_correct(bodies, pairs, packing)
    assert packing.proved
    assert not fits(bodies, pairs, packing.arena_bytes - 1)


@given(SEEDS)
def test_no_smaller_arena_exists_for_few_that_interlock(seed: int) -> None:
    bodies, pairs = random_problem(seed, interlocking=True)
    bound = lower_bound(bodies, pairs)
    packing = pack(bodies, pairs, bound)
    assert_correct(bodies, pairs, packing)
    assert packing.proved
    assert packing.arena_bytes >= bound
    assert not fits(bodies, pairs, packing.arena_bytes - 1)


@given(SEEDS)
def test_nothing_fits_below_the_bound(seed: int) -> None:
    bodies, pairs = random_problem(seed, interlocking=True)
    assert not fits(bodies, pairs, lower_bound(bodies, pairs) - 1)


@pytest.mark.parametrize(
    ("allowed_up_to", "bound"),
    [(None, 16), (-3, 11), (0, 8), (-8, 16)],
    ids=["disjoint", "3 below", "coinciding", "disjoint by distance"],
)
def test_the_bound_counts_what_an_output_may_take_from_a_dying_input(allowed_up_to: int | None, bound: int) -> None:
    x, y = body("x", 8, -1, 0), body("y", 8, 0, 1)
    low = -7 if allowed_up_to is None else allowed_up_to + 1
    pairs = {(0, 1): ((low, 8),)}
    assert bytes_at(0, [x, y], pairs) == bound
    assert pack([x, y], pairs, bound).arena_bytes == bound


def test_the_bound_counts_alignment_of_what_lives_together() -> None:
    bodies = [body("a", 5, 0, 1, 16), body("b", 3, 0, 1, 16), body("c", 11, 0, 1)]
    pairs = {(0, 1): ((-2, 5),), (0, 2): ((-10, 5),), (1, 2): ((-10, 3),)}
    assert bytes_at(1, bodies, pairs) == 19
    assert pack(bodies, pairs, 19).arena_bytes == 19


def test_many_bodies_are_packed_within_a_second_worth_of_steps() -> None:
    rng = random.Random(5)  # noqa: S311
    bodies = []
    for i in range(150):
        first = rng.randrange(100)
        bodies.append(body(str(i), rng.randint(1, 5000), first, min(99, first + rng.randint(0, 6)), 4))
    pairs: Pairs = {}
    for b, y in enumerate(bodies):
        for a, x in enumerate(bodies[:b]):
            if x.spans[0].first <= y.spans[0].last and y.spans[0].first <= x.spans[0].last:
                pairs[a, b] = ((1 - y.bytes, x.bytes),)
    bound = max(bytes_at(moment, bodies, pairs) for moment in range(100))
    packing = pack(bodies, pairs, bound)
    assert packing.arena_bytes <= bound * 1.05
