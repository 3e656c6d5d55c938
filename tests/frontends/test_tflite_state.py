"""Resource variables and variable tensors, against TFLite's reference kernels where they can run them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import GencError
from codegen.ir import Graph, ops
from codegen.ir.printer import print_graph
from codegen.reference import Session
from codegen.report.inspect import inspect_model
from tests.support.litert import run_reference_steps
from tests.support.tflite_writer import ModelWriter

Load = Callable[[bytes], Graph]
Refusal = Callable[[bytes], GencError]

SHAPE = [1, 4]
Q = {"scale": 0.5, "zero_point": 3}
STEPS = [[np.array([[i, 2 * i, -i, 5]], np.int8)] for i in range(5)]


class Variables:
    """A model with an input and variables that CALL_ONCE sets."""

    def __init__(self) -> None:
        self.m = ModelWriter()
        self.once = self.m.subgraph()
        self.m.operator("CALL_ONCE", [], [], init_subgraph_index=1)
        self.x = self.tensor("x")

    def tensor(self, name: str) -> int:
        return self.m.tensor(name, SHAPE, "int8", **Q)

    def variable(self, name: str, initial: list[int] | None = None) -> int:
        if initial is not None:
            content = self.once.tensor("initial", SHAPE, "int8", **Q, data=[initial])
            self.once.operator("ASSIGN_VARIABLE", [self.once.variable(name), content], [])
        return self.m.variable(name)

    def read(self, handle: int, name: str = "r") -> int:
        value = self.tensor(name)
        self.m.operator("READ_VARIABLE", [handle], [value])
        return value

    def assign(self, handle: int, value: int) -> None:
        self.m.operator("ASSIGN_VARIABLE", [handle, value], [])

    def add(self, a: int, b: int) -> int:
        y = self.tensor("sum")
        self.m.operator("ADD", [a, b], [y])
        return y

    def build(self, *outputs: int) -> bytes:
        return self.m.build([self.x], outputs)


def check(load: Load, model: bytes) -> Graph:
    """Every step as the reference kernels have it."""
    graph = load(model)
    session = Session(graph)
    for inputs, want in zip(STEPS, run_reference_steps(model, STEPS), strict=True):
        for got, expected in zip(session.step(inputs), want, strict=True):
            np.testing.assert_array_equal(got, expected)
    return graph


def test_a_running_sum(load: Load) -> None:
    v = Variables()
    handle = v.variable("total", [1, 2, 3, 4])
    total = v.add(v.x, v.read(handle))
    v.assign(handle, total)
    graph = check(load, v.build(total))
    (state,) = graph.states
    assert state.name == "total"
    assert state.initial.tolist() == [[1, 2, 3, 4]]
    text = print_graph(graph)
    assert 'state  %1 "total" int8[1, 4] scale 0.5 zero 3' in text
    assert "next   %1 = %2" in text


def test_inspect_lists_states(tmp_path: Path) -> None:
    v = Variables()
    handle = v.variable("total", [1, 2, 3, 4])
    total = v.add(v.x, v.read(handle))
    v.assign(handle, total)
    path = tmp_path / "sum.tflite"
    path.write_bytes(v.build(total))
    inspection = inspect_model(path)
    assert "state   int8[1, 4] 'total'" in inspection.text()
    assert inspection.json()["states"] == [{"name": "total", "type": "int8", "shape": (1, 4)}]


def test_reset_starts_anew(load: Load) -> None:
    v = Variables()
    handle = v.variable("total", [0, 0, 0, 0])
    total = v.add(v.x, v.read(handle))
    v.assign(handle, total)
    session = Session(load(v.build(total)))
    first = [session.step(inputs)[0] for inputs in STEPS]
    session.reset()
    np.testing.assert_array_equal(first, [session.step(inputs)[0] for inputs in STEPS])


def test_reading_after_assigning_sees_the_new_value(load: Load) -> None:
    v = Variables()
    handle = v.variable("v", [9, 9, 9, 9])
    before = v.read(handle, "before")
    v.assign(handle, v.x)
    after = v.read(handle, "after")
    twice = v.add(after, after)
    v.assign(handle, twice)
    graph = check(load, v.build(before, after, twice))
    assert graph.outputs[1] is graph.inputs[0]


def test_reading_twice_is_one_state(load: Load) -> None:
    v = Variables()
    handle = v.variable("v", [1, 1, 1, 1])
    again = v.m.variable("v")
    total = v.add(v.read(handle, "a"), v.read(again, "b"))
    v.assign(again, v.x)
    assert len(check(load, v.build(total)).states) == 1


def test_what_is_written_before_it_is_read_is_no_state(load: Load) -> None:
    v = Variables()
    handle = v.variable("v", [1, 1, 1, 1])
    v.assign(handle, v.x)
    assert not check(load, v.build(v.add(v.read(handle), v.x))).states


def test_what_nobody_assigns_is_a_constant(load: Load) -> None:
    v = Variables()
    total = v.add(v.read(v.variable("weights", [1, 2, 3, 4])), v.x)
    graph = check(load, v.build(total))
    assert not graph.states
    assert graph.operators[0].operand(0).value.tolist() == [[1, 2, 3, 4]]


def test_what_no_output_depends_on_is_dropped(load: Load) -> None:
    v = Variables()
    counter, other = v.variable("counter", [0, 0, 0, 0]), v.variable("other", [1, 1, 1, 1])
    v.assign(counter, v.add(v.x, v.read(counter)))
    v.assign(other, v.add(v.read(counter, "now"), v.read(other)))
    y = v.add(v.x, v.x)
    graph = check(load, v.build(y))
    assert not graph.states
    assert len(graph.operators) == 1


def test_states_that_keep_each_other_alive(load: Load) -> None:
    v = Variables()
    one, two = v.variable("one", [0, 0, 0, 0]), v.variable("two", [1, 1, 1, 1])
    a, b = v.read(one, "a"), v.read(two, "b")
    v.assign(one, b)
    v.assign(two, v.add(a, v.x))
    assert len(check(load, v.build(v.add(a, v.x))).states) == 2


def test_initial_values_may_be_computed(load: Load) -> None:
    v = Variables()
    handle = v.m.variable("v")
    a = v.once.tensor("a", SHAPE, "int8", **Q, data=[[1, 2, 3, 4]])
    y = v.once.tensor("y", SHAPE, "int8", **Q)
    v.once.operator("ADD", [a, a], [y])
    v.once.operator("ASSIGN_VARIABLE", [v.once.variable("v"), y], [])
    total = v.add(v.read(handle), v.x)
    v.assign(handle, total)
    check(load, v.build(total))


def test_without_an_initial_value_a_state_is_zero(load: Load) -> None:
    m = ModelWriter()
    x, old, y = (m.tensor(name, SHAPE, "int8", **Q) for name in ("x", "old", "y"))
    handle = m.variable("v")
    m.operator("READ_VARIABLE", [handle], [old])
    m.operator("ADD", [x, old], [y])
    m.operator("ASSIGN_VARIABLE", [handle, y], [])
    (state,) = load(m.build([x], [y])).states
    assert (state.initial == 3).all()


def test_a_variable_tensor_that_nothing_changes_is_zero(load: Load) -> None:
    m = ModelWriter()
    x, y = (m.tensor(name, SHAPE, "int8", **Q) for name in ("x", "y"))
    s = m.tensor("s", SHAPE, "int8", **Q, is_variable=True)
    m.operator("ADD", [x, s], [y])
    graph = load(m.build([x], [y]))
    assert not graph.states
    assert isinstance(graph.operators[0], ops.Add)
    assert (graph.operators[0].operand(1).value == 3).all()


def test_variables_are_known_by_container_and_name(load: Load) -> None:
    v = Variables()
    one = v.variable("v", [1, 1, 1, 1])
    other = v.m.tensor("other", [], "resource")
    v.m.operator("VAR_HANDLE", [], [other], container="box", shared_name="v")
    total = v.add(v.read(one, "a"), v.x)
    v.assign(one, total)
    b = v.add(v.read(other, "b"), v.x)
    v.assign(other, b)
    assert len(load(v.build(total, b)).states) == 2


def assign_other_shape(v: Variables) -> None:
    wide = v.m.tensor("wide", [1, 8], "int8", **Q)
    v.m.operator("CONCATENATION", [v.x, v.x], [wide], axis=1)
    handle = v.variable("v", [1, 1, 1, 1])
    v.read(handle)
    v.assign(handle, wide)


def read_other_type(v: Variables) -> None:
    handle = v.variable("v", [1, 1, 1, 1])
    value = v.m.tensor("r", SHAPE, "int16", scale=0.5)
    v.m.operator("READ_VARIABLE", [handle], [value])


def read_other_scale(v: Variables) -> None:
    handle = v.variable("v", [1, 1, 1, 1])
    v.read(handle)
    value = v.m.tensor("r2", SHAPE, "int8", scale=0.25)
    v.m.operator("READ_VARIABLE", [handle], [value])


def no_handle(v: Variables) -> None:
    v.read(v.x)


def no_subgraph(v: Variables) -> None:
    v.m.operator("CALL_ONCE", [], [], init_subgraph_index=7)


def initialise_late(v: Variables) -> None:
    handle = v.m.variable("late")
    v.assign(handle, v.add(v.read(handle), v.x))
    content = v.m.subgraph()
    initial = content.tensor("initial", SHAPE, "int8", **Q, data=[[1, 1, 1, 1]])
    content.operator("ASSIGN_VARIABLE", [content.variable("late"), initial], [])
    v.m.operator("CALL_ONCE", [], [], init_subgraph_index=2)


def initialise_from_nothing(v: Variables) -> None:
    nothing = v.once.tensor("nothing", SHAPE, "int8", **Q)
    v.once.operator("ASSIGN_VARIABLE", [v.once.variable("v"), nothing], [])


def call_in_a_call(v: Variables) -> None:
    v.once.operator("CALL_ONCE", [], [], init_subgraph_index=1)


def write_a_variable_tensor(v: Variables) -> None:
    s = v.m.tensor("s", SHAPE, "int8", **Q, is_variable=True)
    v.m.operator("ADD", [v.add(v.x, s), v.x], [s])


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (assign_other_shape, "assigns int8[1, 8] to 'v', which is int8[1, 4]"),
        (read_other_type, "reads 'v' as int16"),
        (read_other_scale, "as another type than it has"),
        (no_handle, "does not come from a VAR_HANDLE"),
        (no_subgraph, "calls subgraph 7 of 2"),
        (initialise_late, "'late' is used before it is initialised"),
        (initialise_from_nothing, "'nothing' is read before any operator writes it"),
        (call_in_a_call, "not supported while variables are initialised"),
        (write_a_variable_tensor, "has a value already"),
    ],
)
def test_refusals_name_the_layer(build: Callable[[Variables], None], text: str, refusal: Refusal) -> None:
    v = Variables()
    build(v)
    (problem,) = refusal(v.build(v.add(v.x, v.x))).problems
    assert text in problem.reason
    assert "#" in problem.where
