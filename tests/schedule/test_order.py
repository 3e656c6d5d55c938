"""The order of branches: valid, and of the smallest peak."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Graph, ops
from codegen.schedule import schedule
from codegen.schedule.order import _Network, reordered
from tests.support import toy_backend
from tests.support.graphs import activation

SEEDS = st.integers(0, 2**32 - 1)


def is_valid(graph: Graph) -> bool:
    known = set(graph.sources)
    for op in graph.operators:
        if any(t not in known and not t.is_constant for t in op.activations):
            return False
        known.update(op.outputs)
    return True


@given(SEEDS, st.integers(1, 6))
def test_no_order_of_few_operators_has_a_smaller_peak(seed: int, layers: int) -> None:
    graph = toy_backend.random_graph(random.Random(seed), layers)  # noqa: S311
    best = reordered(graph)
    assert is_valid(best)
    assert sorted(map(id, best.operators)) == sorted(map(id, graph.operators))
    network = _Network(graph)
    index = {op: i for i, op in enumerate(graph.operators)}
    peaks = [
        network.peak(list(order))
        for order in itertools.permutations(range(len(graph.operators)))
        if is_valid(Graph("", graph.inputs, graph.outputs, [graph.operators[i] for i in order]))
    ]
    assert network.peak([index[op] for op in best.operators]) == min(peaks)


@given(SEEDS, st.integers(1, 20))
def test_the_greedy_order_is_valid(seed: int, layers: int) -> None:
    graph = toy_backend.random_graph(random.Random(seed), layers)  # noqa: S311
    order = _Network(graph).greedy()
    assert is_valid(Graph("", graph.inputs, graph.outputs, [graph.operators[i] for i in order]))


def test_a_branch_is_finished_before_the_next_one_begins() -> None:
    """Two branches that each widen and narrow: one after the other needs one wide tensor at a time."""
    x = activation("x", 1, 8, 1, 4)
    wide, narrow = [], []
    for name in "ab":
        y = activation(f"wide_{name}", 1, 8, 4, 4)
        wide.append(ops.Concat(inputs=[x, x, x, x], outputs=[y], axis=2, name=y.name))
        z = activation(f"narrow_{name}", 1, 8, 1, 4)
        narrow.append(ops.MaxPool2D(inputs=[y], outputs=[z], kernel=(1, 4), stride=(1, 4), pad_h=(0, 0), pad_w=(0, 0)))
    add = ops.Add(inputs=[narrow[0].y, narrow[1].y], outputs=[activation("y", 1, 8, 1, 4)])
    graph = Graph("branches", [x], [add.y], [*wide, *narrow, add])
    assert [op.y.name for op in reordered(graph).operators[:2]] == ["wide_a", "narrow_a"]
    program = schedule(graph, [toy_backend.Toy()], toy_backend.CORE)
    assert program.arena_bytes < 2 * wide[0].y.bytes


def test_a_chain_keeps_its_order() -> None:
    x = activation("x", 1, 4, 1, 4)
    first = ops.Relu(inputs=[x], outputs=[activation("a", *x.shape)])
    second = ops.Relu(inputs=[first.y], outputs=[activation("b", *x.shape)])
    graph = Graph("chain", [x], [second.y], [first, second])
    assert reordered(graph) is graph
