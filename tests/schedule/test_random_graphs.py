"""Random graphs with random kernels: every plan is proved and runs right on hostile memory."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codegen.schedule import schedule, verify_plan
from tests.support import toy_backend
from tests.support.arena_machine import Machine

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(0, 14))
def test_a_random_graph_computes_what_it_means(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    graph = toy_backend.random_graph(rng, layers)
    program = schedule(graph, [toy_backend.Toy(rng)], toy_backend.CORE)
    verify_plan(program)
    inputs = toy_backend.random_inputs(graph, np.random.default_rng(seed))
    want = toy_backend.run(graph, inputs)
    got = Machine(program, toy_backend.evaluate, seed).run(inputs)
    for tensor, value in zip(graph.outputs, got, strict=True):
        np.testing.assert_array_equal(value, want[tensor], err_msg=tensor.name)


@given(SEEDS, st.integers(0, 14))
def test_the_arena_is_at_least_the_bound_and_holds_everything(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    program = schedule(toy_backend.random_graph(rng, layers), [toy_backend.Toy(rng)], toy_backend.CORE)
    assert program.arena_bytes >= program.lower_bound_bytes
    assert program.arena_bytes == max(p.offset + p.bytes for p in program.placements)
    for tensor in (*program.graph.inputs, *program.graph.outputs):
        assert program.offsets[tensor] % 16 == 0


@given(SEEDS, st.integers(0, 12))
def test_the_same_graph_gives_the_same_plan(seed: int, layers: int) -> None:
    def plan() -> list[tuple[str, int]]:
        rng = random.Random(seed)  # noqa: S311
        program = schedule(toy_backend.random_graph(rng, layers), [toy_backend.Toy(rng)], toy_backend.CORE)
        return [(p.label, p.offset) for p in program.placements]

    assert plan() == plan()
