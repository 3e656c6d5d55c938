"""States: where they live, what is copied, and that every step computes what the graph means."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.candidate import Call, Candidate, Core, rowwise
from codegen.ir import DType, Graph, Operator, State, Tensor, ops
from codegen.schedule import Goal, PlanError, schedule, verify_plan
from codegen.schedule.program import Program
from tests.support import toy_backend
from tests.support.graphs import activation, constant
from tests.support.state_machine import StateMachine, ToySession

STEPS = 4


class Toy(toy_backend.Toy):
    """The toy back-end with copies, as the portable one makes them, and element-wise kernels that work in place."""

    scratches = (0, 0, 0, 0)

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        if isinstance(op, ops.Copy):
            rows = 1 if op.x.is_constant else next((d for d in op.x.shape if d > 1), 1)
            calls = [Call("toy", (), tuple(rowwise(t, rows) for t in op.activations), (rowwise(op.y, rows),), rows)]
        elif isinstance(op, ops.Relu | ops.Add):
            inputs = tuple(rowwise(t, 1) for t in op.activations)
            calls = [Call("toy", (), inputs, (rowwise(op.y, 1),), 1, in_place=frozenset(range(len(inputs))))]
        else:
            return super().candidates(op, core)
        return [Candidate(op, self.name, tuple(calls), 1.0)]


def state(value: Tensor, following: Tensor) -> State:
    content = np.random.default_rng(value.bytes).integers(-128, 128, value.shape, np.int8)
    return State(value.name, value, following, content)


def check(graph: Graph, toy: toy_backend.Toy, seed: int = 0, optimize: str = "balanced") -> Program:
    """Schedule, run several steps on hostile memory, compare with the meaning."""
    program = schedule(graph, [toy], toy_backend.CORE, Goal(optimize))
    verify_plan(program)
    machine, session = StateMachine(program, toy_backend.evaluate, seed), ToySession(graph)
    rng = np.random.default_rng(seed)
    for step in range(STEPS):
        inputs = toy_backend.random_inputs(graph, rng)
        for tensor, got, want in zip(graph.outputs, machine.step(inputs), session.step(inputs), strict=True):
            np.testing.assert_array_equal(got, want, err_msg=f"step {step}, {tensor.name}")
    return program


def plan(inputs: list[Tensor], operators: list[Operator], outputs: list[Tensor], states: list[State]) -> Program:
    return check(Graph("test", inputs, outputs, operators, states=states), Toy())


def copies(program: Program) -> int:
    return sum(layer.op.kind == "copy" for layer in program.layers)


def add(x: Tensor, y: Tensor, name: str) -> ops.Add:
    return ops.Add(inputs=[x, y], outputs=[activation(name, *x.shape)], name=name)


def relu(x: Tensor, name: str) -> ops.Relu:
    return ops.Relu(inputs=[x], outputs=[activation(name, *x.shape)], name=name)


def ring(old: Tensor, new: Tensor) -> tuple[ops.Concat, ops.Slice]:
    """Both joined along the height, and the last rows."""
    joined = ops.Concat(inputs=[old, new], outputs=[], axis=1, name="joined")
    joined.outputs = [activation("joined", *joined.infer_shapes()[0])]
    last = ops.Slice(
        inputs=[joined.y],
        outputs=[activation("last", *old.shape)],
        begin=(0, new.shape[1], 0, 0),
        size=old.shape,
        strides=(1, 1, 1, 1),
        name="last",
    )
    return joined, last


X, S, T = activation("x", 1, 4, 1, 8), activation("s", 1, 4, 1, 8), activation("t", 1, 4, 1, 8)


def test_a_sum_is_kept_in_place() -> None:
    total = add(X, S, "total")
    program = plan([X], [total], [total.y], [state(S, total.y)])
    assert copies(program) == 0
    assert program.state_bytes == S.bytes
    assert program.is_state(program.offsets[total.y])


def test_a_value_that_is_still_read_is_overwritten_later() -> None:
    first, second = relu(X, "a"), add(X, S, "b")
    program = plan([X], [first, second], [second.y], [state(S, first.y)])
    assert copies(program) == 1
    assert program.state_bytes == S.bytes


def test_a_ring_buffer_shifts_in_place() -> None:
    news = relu(activation("x", 1, 2, 1, 8), "news")
    joined, last = ring(S, news.y)
    y = relu(joined.y, "y")
    program = plan([news.x], [news, joined, last, y], [y.y], [state(S, last.y)])
    assert program.state_bytes == joined.y.bytes
    assert program.is_state(program.offsets[news.y])
    assert [len(layer.calls) for layer in program.layers if layer.op in (joined, last)] == [0, 0]
    assert copies(program) == 1
    assert program.layers[-1].calls[0].inputs == (program.offsets[S] + news.y.bytes,)


def test_much_news_is_not_kept_in_the_state_part() -> None:
    news = relu(activation("x", 1, 40, 1, 8), "news")
    joined, last = ring(S, news.y)
    y = relu(joined.y, "y")
    wide = ops.MaxPool2D(inputs=[y.y], outputs=[], kernel=(1, 1), stride=(4, 1), name="pool")
    wide.outputs = [activation("pool", *wide.infer_shapes()[0])]
    program = plan([news.x], [news, joined, last, y, wide], [wide.y], [state(S, last.y)])
    assert program.state_bytes == S.bytes


def test_a_ring_in_a_ring() -> None:
    news = relu(activation("x", 1, 1, 1, 8), "news")
    joined, last = ring(S, news.y)
    again, rest = ring(T, relu(joined.y, "r").y)
    between = relu(joined.y, "r")
    again.inputs[1] = between.y
    y = relu(again.y, "y")
    operators: list[Operator] = [news, joined, last, between, again, rest, y]
    plan([news.x], operators, [y.y], [state(S, last.y), state(T, rest.y)])


def test_states_that_swap() -> None:
    y = add(S, T, "y")
    program = plan([], [y], [y.y], [state(S, T), state(T, S)])
    assert copies(program) == 3


def test_a_delay_line_copies_each_value_once() -> None:
    second, third = activation("second", *X.shape), activation("third", *X.shape)
    y = add(X, third, "y")
    program = plan([X], [y], [y.y], [state(S, X), state(second, S), state(third, second)])
    assert copies(program) == 3


def test_an_output_that_is_the_value_at_the_start() -> None:
    total = add(X, S, "total")
    program = plan([X], [total], [S, total.y], [state(S, total.y)])
    assert copies(program) == 1


def test_an_output_that_is_a_piece_of_the_value() -> None:
    cut = ops.Slice(
        inputs=[S], outputs=[activation("cut", 1, 2, 1, 8)], begin=(0, 1, 0, 0), size=(1, 2, 1, 8), strides=(1,) * 4
    )
    plan([X], [cut], [cut.y], [state(S, X)])


def test_next_values_that_nobody_computes() -> None:
    fixed = constant("fixed", *S.shape)
    y = add(S, T, "y")
    program = plan([X], [y], [y.y], [state(S, fixed), state(T, T)])
    assert copies(program) == 1
    assert program.state_bytes == S.bytes + T.bytes


def test_two_states_with_one_next_value() -> None:
    total, y = add(X, S, "total"), add(S, T, "y")
    plan([X], [y, total], [y.y], [state(S, total.y), state(T, total.y)])


def test_a_state_read_through_a_view() -> None:
    flat = ops.Reshape(inputs=[S], outputs=[activation("flat", 32)], shape=(32,), name="flat")
    y = relu(flat.y, "y")
    back = ops.Reshape(inputs=[y.y], outputs=[activation("back", *S.shape)], shape=S.shape, name="back")
    program = plan([], [flat, y, back], [y.y], [state(S, back.y)])
    assert copies(program) == 0


def test_two_values_in_one_ring() -> None:
    joined, last = ring(S, T)
    y = relu(joined.y, "y")
    plan([X], [joined, last, y], [y.y], [state(S, last.y), state(T, X)])


def test_states_are_aligned_to_their_elements() -> None:
    wide = activation("wide", 3, dtype=DType.INT64, quant=None)
    other = activation("other", 3, dtype=DType.INT64, quant=None)
    odd = activation("odd", 1, 1, 1, 5)
    joined = ops.Concat(inputs=[odd, activation("x", 1, 1, 1, 5)], outputs=[activation("y", 1, 1, 1, 10)], axis=3)
    states = [
        state(odd, joined.operand(1)),
        State("wide", wide, other, np.zeros(3, np.int64)),
        State("other", other, wide, np.ones(3, np.int64)),
    ]
    plan([joined.operand(1)], [joined], [joined.y], states)


def summed() -> Program:
    total = add(X, S, "total")
    late = add(X, S, "late")
    graph = Graph("test", [X], [late.y], [total, late], states=[state(S, total.y)])
    return schedule(graph, [Toy()], toy_backend.CORE)


def test_the_proof_wants_the_next_value_at_home() -> None:
    program = summed()
    assert copies(program) == 1
    graph = program.graph
    lost = replace(graph, states=[replace(graph.states[0], next=program.layers[0].op.y)])
    with pytest.raises(PlanError, match="does not come back"):
        verify_plan(replace(program, graph=lost))


def test_the_proof_wants_the_next_value_whole() -> None:
    program = summed()
    layers = (replace(program.layers[0], calls=()), *program.layers[1:])
    with pytest.raises(PlanError):
        verify_plan(replace(program, layers=layers))
    without = replace(program, layers=program.layers[:-1], segments=program.segments[:-1])
    with pytest.raises((PlanError, KeyError)):
        verify_plan(without)


def test_state_does_not_lie_in_the_arena() -> None:
    program = summed()
    with pytest.raises(PlanError):
        verify_plan(replace(program, arena_bytes=program.arena_bytes + program.state_bytes, state_bytes=0))


def random_graph(rng: random.Random, layers: int) -> Graph:
    """Any DAG of toy operators with states: of the input's shape, or short enough for rings."""
    shape = (1, rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 4))
    x = activation("x", *shape)
    values = [
        activation(f"s{i}", *rng.choice([shape, (1, rng.randint(1, 3), *shape[2:])])) for i in range(rng.randint(1, 3))
    ]
    tensors, operators = [x, *values], []
    for index in range(layers):
        op = rng.choice(toy_backend.MAKERS)(rng, f"t{index}", tensors)
        if op is not None:
            operators.append(op)
            tensors += op.outputs
    states = []
    for value in values:
        rest = [t for t in tensors if len(t.shape) == 4 and (t.shape[0], *t.shape[2:]) == (1, *value.shape[2:])]
        if rest and rng.random() < 0.5:
            joined, last = ring(value, rng.choice(rest))
            operators += [joined, last]
            tensors += [joined.y, last.y]
            states.append(state(value, last.y))
        else:
            alike = [t for t in tensors if t.shape == value.shape]
            states.append(state(value, rng.choice([*alike, *alike, constant("fixed", *value.shape)])))
    for op in operators:
        op.name = op.name or op.y.name
    read = {t for op in operators for t in op.inputs}
    outputs = [t for t in tensors if t not in read and t is not x] or [rng.choice(tensors)]
    outputs += rng.sample(tensors, rng.choice([0, 0, 1, 2]) if len(tensors) > 2 else 0)
    return Graph("random", [x], outputs, operators, states=states)


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_a_random_graph_computes_what_it_means_step_after_step(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    toy = Toy(rng) if rng.random() < 0.5 else RandomToy(rng)
    check(random_graph(rng, layers), toy, seed, rng.choice(["balanced", "ram"]))


class RandomToy(toy_backend.Toy):
    """Kernels that declare whatever they may, and copies."""

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        return Toy(self.rng).candidates(op, core) if isinstance(op, ops.Copy) else super().candidates(op, core)
