"""The proof refuses every plan that would go wrong."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Graph, Tensor, ops
from codegen.schedule import PlanError, schedule, verify_plan
from codegen.schedule.program import PlacedCall, Program
from tests.support import toy_backend
from tests.support.arena_machine import Machine
from tests.support.graphs import activation


def moved(program: Program, tensors: set[Tensor], by: int) -> Program:
    """The program with some tensors elsewhere, consistently in all calls."""
    offsets = {t: o + by if t in tensors else o for t, o in program.offsets.items()}

    def call(placed: PlacedCall) -> PlacedCall:
        return replace(
            placed,
            inputs=tuple(offsets[o.tensor] for o in placed.call.inputs),
            outputs=tuple(offsets[o.tensor] for o in placed.call.outputs),
        )

    layers = tuple(replace(layer, calls=tuple(call(c) for c in layer.calls)) for layer in program.layers)
    return replace(program, layers=layers, offsets=offsets)


def together(program: Program, tensor: Tensor) -> set[Tensor]:
    """All tensors that share memory with one."""
    parents = {p.tensor: p.view_of for p in program.placements if p.tensor}

    def root(t: Tensor) -> Tensor:
        parent = parents[t]
        return t if parent is None else root(parent)

    return {t for t in parents if t and root(t) is root(tensor)}


@given(st.integers(0, 2**32 - 1), st.integers(1, 10))
def test_a_plan_that_passes_is_right(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    graph = toy_backend.random_graph(rng, layers)
    program = schedule(graph, [toy_backend.Toy(rng)], toy_backend.CORE)
    tensor = rng.choice(list(program.offsets))
    victims = together(program, tensor) if rng.random() < 0.8 else {tensor}
    changed = moved(program, victims, rng.choice([-32, -16, -8, -1, 1, 8, 16, 32]))
    try:
        verify_plan(changed)
    except PlanError:
        return
    inputs = toy_backend.random_inputs(graph, np.random.default_rng(seed))
    want = toy_backend.run(graph, inputs)
    got = Machine(changed, toy_backend.evaluate, seed, poison=False).run(inputs)
    for t, value in zip(graph.outputs, got, strict=True):
        np.testing.assert_array_equal(value, want[t], err_msg=t.name)


def residual() -> tuple[Program, list[Tensor]]:
    x = activation("x", 1, 4, 2, 8)
    a = ops.Relu(inputs=[x], outputs=[activation("a", *x.shape)], name="a")
    y = ops.Add(inputs=[x, a.y], outputs=[activation("y", *x.shape)], name="y")
    program = schedule(Graph("test", [x], [y.y, a.y], [a, y]), [toy_backend.Toy()], toy_backend.CORE)
    return program, [x, a.y, y.y]


@pytest.mark.parametrize(("number", "onto"), [(1, 0), (0, 1), (2, 1)])
def test_tensors_that_are_needed_together_may_not_coincide(number: int, onto: int) -> None:
    program, tensors = residual()
    verify_plan(program)
    difference = program.offsets[tensors[onto]] - program.offsets[tensors[number]]
    with pytest.raises(PlanError, match="overwritten"):
        verify_plan(moved(program, {tensors[number]}, difference))


def test_everything_lies_inside_the_arena() -> None:
    program, (x, *_) = residual()
    with pytest.raises(PlanError, match="outside the arena"):
        verify_plan(moved(program, {x}, program.arena_bytes))
    with pytest.raises(PlanError, match="outside the arena"):
        verify_plan(moved(program, {x}, -program.arena_bytes))


def test_an_operator_with_a_meaning_needs_code() -> None:
    program, _ = residual()
    layers = (replace(program.layers[0], calls=(), candidate=None), *program.layers[1:])
    with pytest.raises(PlanError, match="no code"):
        verify_plan(replace(program, layers=layers))
