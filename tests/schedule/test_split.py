"""Two memories: every plan is proved and right on hostile memory, the fast one keeps within its room."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.candidate import Call, Window, rowwise, windowed
from codegen.errors import GencError
from codegen.ir import Graph
from codegen.schedule import Goal, schedule, verify_plan
from codegen.schedule.lifetimes import Body, Span
from codegen.schedule.moments import Moment
from codegen.schedule.program import Program
from codegen.schedule.split import pack_halves
from tests.schedule.test_streaming import Rows, Windows, chain, image_graph
from tests.support import toy_backend
from tests.support.arena_machine import Machine
from tests.support.graphs import activation

SEEDS = st.integers(0, 2**32 - 1)


def check(program: Program, graph: Graph, seed: int) -> None:
    verify_plan(program)
    inputs = toy_backend.random_inputs(graph, np.random.default_rng(seed))
    want = toy_backend.run(graph, inputs)
    got = Machine(program, toy_backend.evaluate, seed).run(inputs)
    for tensor, value in zip(graph.outputs, got, strict=True):
        np.testing.assert_array_equal(value, want[tensor], err_msg=tensor.name)


@given(SEEDS, st.integers(1, 12), st.floats(0, 1), st.sampled_from(["ram", "speed"]))
def test_a_split_network_computes_what_it_means(seed: int, layers: int, share: float, optimize: str) -> None:
    rng = random.Random(seed)  # noqa: S311
    graph = image_graph(rng, layers) if rng.random() < 0.5 else toy_backend.random_graph(rng, layers)
    backend = Rows(rng)
    whole = schedule(graph, [backend], toy_backend.CORE, Goal(optimize))
    room = 32 + int(share * whole.ram_bytes)
    program = schedule(graph, [backend], toy_backend.CORE, Goal(optimize, fast_bytes=room))
    assert program.ram_bytes <= room
    check(program, graph, seed)


def test_what_fits_is_not_split() -> None:
    graph = chain(64, 64, 64, 32, 16)
    whole = schedule(graph, [Windows()], toy_backend.CORE)
    roomy = schedule(graph, [Windows()], toy_backend.CORE, Goal(fast_bytes=whole.ram_bytes + 16))
    assert roomy.slow_bytes == 0
    assert list(roomy.offsets.values()) == list(whole.offsets.values())


@pytest.mark.parametrize("hot", ["image", "other"])
def test_what_is_touched_most_is_fast(hot: str) -> None:
    """Two tensors of one size live together, and there is room for one: that which is read by three windows a row."""
    image, other = activation("image", 1, 16, 4, 1), activation("other", 1, 16, 4, 1)
    result = activation("result", 1, 16, 1, 1)
    read = {t: windowed(t, 1, Window(16, 16, 3, pad=1)) if t.name == hot else rowwise(t, 16) for t in (image, other)}
    moments = [Moment(range(1), (Call("k", (), (read[image], read[other]), (rowwise(result, 16),), 16),))]
    bodies = [Body(t.name, t.bytes, 4, (Span(0, t.bytes, -1, 0),), {t: 0}) for t in (image, other)]
    halves = pack_halves(bodies, {(0, 1): ((-63, 64),)}, moments, 128, 64)
    assert [body.label for body in halves.fast] == [hot]
    assert (halves.fast_bytes, halves.slow_bytes) == (64, 64)


def test_no_room_for_the_other_members_is_said() -> None:
    with pytest.raises(GencError, match="cannot be split"):
        schedule(chain(8, 8), [Windows()], toy_backend.CORE, Goal(fast_bytes=8))
