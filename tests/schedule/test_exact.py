"""The planner against exact solvers: offsets against CP-SAT, the order of branches against all orders."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import Graph
from codegen.schedule import Goal, schedule, split
from codegen.schedule.bound import bytes_at
from codegen.schedule.lifetimes import Body
from codegen.schedule.offsets import Packing, pack
from codegen.schedule.order import _Network, reordered
from codegen.schedule.overlap import Pairs
from tests.conftest import FULL
from tests.schedule.test_offsets import assert_correct, body, lower_bound, random_problem
from tests.schedule.test_streaming import Rows, image_graph
from tests.support import toy_backend
from tests.support.exact_packing import smallest_arena

SEEDS = st.integers(0, 2**32 - 1)
LAYERS = 12

GAP = 1.02
"""How much larger than the smallest arena a plan may be that is not proved; seen: 1.0008."""


def check(bodies: Sequence[Body], pairs: Pairs, packing: Packing, bound: int) -> None:
    """The plan is correct, at least the bound, and as small as can be where it says so, else nearly so."""
    assert_correct(list(bodies), pairs, packing)
    assert packing.arena_bytes >= bound
    if packing.arena_bytes == bound:
        return
    exact = smallest_arena(bodies, pairs, packing)
    if exact is None:
        return  # the solver needs too long: what it would prove is not known
    assert exact >= bound
    assert packing.arena_bytes <= (exact if packing.proved else GAP * exact)


def random_lifetimes(seed: int, count: int) -> tuple[list[Body], Pairs]:
    """Tensors of all sizes that live for a few layers each."""
    rng = random.Random(seed)  # noqa: S311
    bodies = []
    for number in range(count):
        first = rng.randrange(LAYERS)
        size = rng.randint(1, 64) * rng.choice([1, 4, 16])
        last = min(LAYERS - 1, first + rng.randint(0, 5))
        bodies.append(body(str(number), size, first, last, rng.choice([1, 4, 4, 16])))
    meets = (
        (a, b)
        for b, y in enumerate(bodies)
        for a, x in enumerate(bodies[:b])
        if x.spans[0].first <= y.spans[0].last and y.spans[0].first <= x.spans[0].last
    )
    return bodies, {(a, b): ((1 - bodies[b].bytes, bodies[a].bytes),) for a, b in meets}


@given(SEEDS, st.integers(2, 14))
def test_random_lifetimes(seed: int, count: int) -> None:
    bodies, pairs = random_lifetimes(seed, count)
    bound = max(bytes_at(moment, bodies, pairs) for moment in range(LAYERS))
    check(bodies, pairs, pack(bodies, pairs, bound), bound)


@given(SEEDS)
def test_bodies_that_overlap_and_interlock(seed: int) -> None:
    bodies, pairs = random_problem(seed, interlocking=True)
    bound = lower_bound(bodies, pairs)
    check(bodies, pairs, pack(bodies, pairs, bound), bound)


@given(SEEDS, st.integers(1, 12), st.sampled_from(["ram", "speed"]))
@settings(max_examples=1000 if FULL else 20)
def test_random_graphs(seed: int, layers: int, optimize: str) -> None:
    """Whatever the planner packs on its way to the plan of a graph: whole layers, segments, outputs over inputs."""
    rng = random.Random(seed)  # noqa: S311
    image = rng.random() < 0.5
    graph = image_graph(rng, layers + 1) if image else toy_backend.random_graph(rng, layers)
    packed: list[tuple[Sequence[Body], Pairs, Packing, int]] = []

    def recording(bodies: Sequence[Body], pairs: Pairs, bound: int) -> Packing:
        packed.append((bodies, pairs, pack(bodies, pairs, bound), bound))
        return packed[-1][2]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split, "pack", recording)
        program = schedule(graph, [Rows(rng) if image else toy_backend.Toy(rng)], toy_backend.CORE, Goal(optimize))
    best = min(packed, key=lambda result: result[2].arena_bytes)
    assert program.arena_bytes == best[2].arena_bytes
    check(*best)


def smallest_peak(graph: Graph) -> int:
    """Over all orders, by dynamic programming over the sets of operators that have run."""
    network = _Network(graph)
    reached = {0: (network.start, network.start)}
    for _ in graph.operators:
        following: dict[int, tuple[int, int]] = {}
        for done, (peak, live) in reached.items():
            for index in network.ready(done):
                during, change = network.step(done, index)
                after = (max(peak, live + during), live + change)
                following[done | 1 << index] = min(after, following.get(done | 1 << index, after))
        reached = following
    ((peak, _),) = reached.values()
    return peak


@given(SEEDS, st.integers(1, 10))
def test_no_order_of_branches_has_a_smaller_peak(seed: int, layers: int) -> None:
    graph = toy_backend.random_graph(random.Random(seed), layers)  # noqa: S311
    best = reordered(graph)
    index = {op: i for i, op in enumerate(graph.operators)}
    assert _Network(graph).peak([index[op] for op in best.operators]) == smallest_peak(graph)
