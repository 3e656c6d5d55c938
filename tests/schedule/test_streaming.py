"""Layers that run row by row: every plan is proved, runs right on hostile memory, and its rings are minimal."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.candidate import Call, Operand, RowsHeld, Window, rowwise, windowed
from codegen.errors import GencError
from codegen.ir import Graph, Operator, Tensor, ops
from codegen.render.stream_text import rows_formula
from codegen.schedule import Goal, PlanError, schedule, verify_plan
from codegen.schedule.program import Program
from codegen.schedule.rows import RingUse, Step, Timeline
from tests.support import toy_backend
from tests.support.arena_machine import Machine
from tests.support.graphs import activation

SEEDS = st.integers(0, 2**32 - 1)
RAM = Goal("ram")


class Rows(toy_backend.Toy):
    """Kernels that take rings and see every image by lines."""

    scratches = (0, 4)

    def _calls(self, op: Operator) -> list[Call]:
        if isinstance(op, ops.Concat) and op.axis == 3:
            rows = op.y.shape[0] * op.y.shape[1]
            return [self._call([rowwise(t, rows)], [rowwise(op.y, rows)]) for t in op.activations]
        return super()._calls(op)

    def _elementwise(self, op: ops.Relu | ops.Add) -> Call:
        rows = op.y.shape[0] * op.y.shape[1] if len(op.y.shape) == 4 else 1
        free = frozenset(i for i in range(len(op.inputs)) if self.rng.random() < 0.7)
        return self._call([rowwise(t, rows) for t in op.activations], [rowwise(op.y, rows)], free)


def image_graph(rng: random.Random, layers: int) -> Graph:
    """Pools, element-wise layers, additions and concatenations by channels over one image: residuals of any length."""
    x = activation("in", 1, rng.randint(4, 12), rng.randint(1, 3), rng.randint(1, 3))
    tensors, operators = [x], []
    for index in range(layers):
        recent = tensors[-3:]
        x = rng.choice(recent)
        same = [t for t in tensors if t.shape[:3] == x.shape[:3]]
        kind = rng.randrange(5)
        y = activation(f"t{index}", *x.shape)
        if kind == 0 and len(same) > 1:
            inputs = [x, rng.choice(same)]
            channels = sum(t.shape[3] for t in inputs)
            op = ops.Concat(inputs=inputs, outputs=[activation(y.name, *x.shape[:3], channels)], axis=3)
        elif kind == 1 and (equal := [t for t in same if t.shape == x.shape]):
            op = ops.Add(inputs=[x, rng.choice(equal)], outputs=[y])
        elif kind == 2:
            op = ops.Relu(inputs=[x], outputs=[y])
        else:
            op = pool(x, y.name, rng)
        op.name = y.name
        operators.append(op)
        tensors.append(op.y)
    read = {t for op in operators for t in op.inputs}
    outputs = [t for t in tensors[1:] if t not in read] or [tensors[-1]]
    return Graph("image", [tensors[0]], outputs, operators)


def pool(x: Tensor, name: str, rng: random.Random) -> ops.MaxPool2D:
    """A window of up to 3 lines, with any stride and padding."""
    kernel = rng.randint(1, min(3, x.shape[1]))
    pads = (rng.randint(0, kernel - 1), rng.randint(0, kernel - 1))
    stride = rng.choice([1, 1, 2])
    op = ops.MaxPool2D(inputs=[x], outputs=[], kernel=(kernel, 1), stride=(stride, 1), pad_h=pads, pad_w=(0, 0))
    op.outputs = [activation(name, *op.infer_shapes()[0])]
    return op


def streamed(program: Program) -> bool:
    return any(segment.stages for segment in program.segments)


def check(program: Program, graph: Graph, seed: int) -> None:
    verify_plan(program)
    inputs = toy_backend.random_inputs(graph, np.random.default_rng(seed))
    want = toy_backend.run(graph, inputs)
    got = Machine(program, toy_backend.evaluate, seed).run(inputs)
    for tensor, value in zip(graph.outputs, got, strict=True):
        np.testing.assert_array_equal(value, want[tensor], err_msg=tensor.name)


@given(SEEDS, st.integers(2, 12))
def test_images_row_by_row_compute_what_they_mean(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    graph = image_graph(rng, layers)
    check(schedule(graph, [Rows(rng)], toy_backend.CORE, RAM), graph, seed)


@given(SEEDS, st.integers(1, 14))
def test_any_graph_for_the_least_ram_computes_what_it_means(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    graph = toy_backend.random_graph(rng, layers)
    check(schedule(graph, [toy_backend.Toy(rng)], toy_backend.CORE, RAM), graph, seed)


@given(SEEDS, st.integers(2, 12))
def test_streaming_never_needs_more_than_whole_layers(seed: int, layers: int) -> None:
    graph = image_graph(random.Random(seed), layers)  # noqa: S311
    least, fast = (
        schedule(graph, [Rows(random.Random(1))], toy_backend.CORE, Goal(optimize))  # noqa: S311
        for optimize in ("ram", "speed")
    )
    assert least.arena_bytes <= fast.arena_bytes
    assert not streamed(fast)


@given(SEEDS, st.integers(2, 10))
def test_a_pushed_input_is_a_ring(seed: int, layers: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    graph = image_graph(rng, layers)
    try:
        program = schedule(graph, [Rows(rng)], toy_backend.CORE, Goal("ram", input_rows=True))
    except GencError as error:
        assert "row by row" in str(error)  # noqa: PT017
        return
    assert program.push is not None
    assert program.push.rows == graph.inputs[0].shape[1]
    assert program.push.held <= program.push.rows
    verify_plan(program)


def chain(*heights: int) -> Graph:
    """An image made wider, then windows of 3 lines, one after the other."""
    x = activation("in", 1, heights[0], 16, 2)
    graph = Graph("chain", [x], [], [])

    def add(op: Operator, *shape: int) -> Tensor:
        op.outputs = [activation(f"t{len(graph.operators)}", *(shape or op.infer_shapes()[0]))]
        op.name = op.y.name
        graph.operators.append(op)
        return op.y

    for channels in (4, 8):
        y = add(ops.Relu(inputs=[x], outputs=[]), *x.shape)
        x = add(ops.Concat(inputs=[x, y], outputs=[], axis=3), *x.shape[:3], channels)
    for height in heights[1:]:
        stride = -(-x.shape[1] // height)
        x = add(ops.MaxPool2D(inputs=[x], outputs=[], kernel=(3, 1), stride=(stride, 1), pad_h=(1, 1), pad_w=(0, 0)))
    graph.outputs.append(x)
    return graph


class Windows(Rows):
    scratches = (0,)
    keeps = 0.0

    def _call(self, inputs: list[Operand], outputs: list[Operand], in_place: frozenset[int] = frozenset()) -> Call:
        call = super()._call(inputs, outputs, in_place)
        return replace(call, params=tuple((f"held_{i}", RowsHeld(i)) for i in range(len(inputs) + len(outputs))))


def test_a_ring_holds_the_lines_of_a_window_whatever_the_strides() -> None:
    program = schedule(chain(64, 64, 64, 32, 16, 8), [Windows()], toy_backend.CORE, RAM)
    rings = {p.label: p.rows for p in program.placements if p.rows}
    assert rings
    assert set(rings.values()) <= {1, 2, 3}


def test_a_budget_is_kept_with_the_least_work_or_refused_with_the_smallest() -> None:
    graph = chain(64, 64, 64, 32, 16)
    fast = schedule(graph, [Windows()], toy_backend.CORE, Goal("speed"))
    least = schedule(graph, [Windows()], toy_backend.CORE, RAM)
    assert least.ram_bytes < fast.ram_bytes
    assert not streamed(schedule(graph, [Windows()], toy_backend.CORE, Goal(ram_bytes=fast.ram_bytes)))
    within = schedule(graph, [Windows()], toy_backend.CORE, Goal(ram_bytes=fast.ram_bytes - 16))
    assert streamed(within)
    assert within.ram_bytes <= fast.ram_bytes - 16
    with pytest.raises(GencError, match=f"smallest instance found has {least.ram_bytes:,}"):
        schedule(graph, [Windows()], toy_backend.CORE, Goal(ram_bytes=least.ram_bytes - 16))


@pytest.mark.parametrize("victim", range(3))
def test_the_proof_refuses_rings_that_are_too_small(victim: int) -> None:
    program = schedule(chain(32, 32, 32, 16, 8), [Windows()], toy_backend.CORE, RAM)
    rings = [p.tensor for p in program.placements if p.rows > 1]
    tensor = rings[victim % len(rings)]

    def smaller(layer: int) -> tuple:
        calls = []
        for placed in program.layers[layer].calls:
            operands = (*placed.call.inputs, *placed.call.outputs)
            held = zip(operands, placed.rows_held, strict=True)
            calls.append(replace(placed, rows_held=tuple(h - (o.tensor is tensor) for o, h in held)))
        return tuple(calls)

    layers = tuple(replace(layer, calls=smaller(layer.index)) for layer in program.layers)
    with pytest.raises(PlanError, match="overwritten"):
        verify_plan(replace(program, layers=layers))


@given(SEEDS)
def test_rings_are_as_small_as_the_firing_rule_allows(seed: int) -> None:
    """One row less, and a row is overwritten while a reader still wants it."""
    rng = random.Random(seed)  # noqa: S311
    height = rng.randint(3, 9)
    x, y = activation("x", 1, height, 1, 4), activation("y", 1, height, 1, 4)
    kernel, pad = rng.randint(1, 3), rng.randint(0, 1)
    rows = (height + 2 * pad - kernel) // rng.choice([1, 2]) + 1
    stride = max(1, (height + 2 * pad - kernel) // max(rows - 1, 1))
    reader = Call("r", (), (windowed(x, 1, Window(height, rows, kernel, stride, 1, pad)),), (rowwise(y, 1),), rows)
    writer = Call("w", (), (), (rowwise(x, height),), height)
    timeline = Timeline({0: Step((writer,), height), 1: Step((reader,), rows)})
    held = timeline.ring_rows([RingUse(writer.outputs[0], 0, (1,))])
    read = reader.inputs[0]

    def survives(size: int) -> bool:
        slots: dict[int, int] = {}
        events = sorted(
            [(int(t), 0, r) for r, t in enumerate(timeline.times[0])]
            + [(int(t), 1, r) for r, t in enumerate(timeline.times[1])]
        )
        for _, kind, row in events:
            if kind == 0:
                slots[row % size] = row
            elif any(slots.get(r % size) != r for r in range(read.first[row], read.last[row] + 1)):
                return False
        return True

    assert survives(held)
    assert held == 1 or not survives(held - 1)


@given(SEEDS, st.integers(1, 5), st.integers(1, 5))
def test_blocks_of_any_size_find_their_rows_in_the_rings(seed: int, first_size: int, second_size: int) -> None:
    """Three layers in turns: every block reads rows that are still in rings of the size that the timeline tells."""
    rng = random.Random(seed)  # noqa: S311
    heights = [rng.randint(2, 20)]
    calls, tensors = [], [activation("t0", 1, heights[0], 1, 4)]
    calls.append(Call("w", (), (), (rowwise(tensors[0], heights[0]),), heights[0]))
    for number in (1, 2):
        kernel, pad, stride = rng.randint(1, 3), rng.randint(0, 1), rng.choice([1, 2])
        rows = max((heights[-1] + 2 * pad - kernel) // stride + 1, 1)
        y = activation(f"t{number}", 1, rows, 1, 4)
        read = windowed(tensors[-1], 1, Window(heights[-1], rows, kernel, stride, 1, pad))
        calls.append(Call("r", (), (read,), (rowwise(y, rows),), rows))
        heights.append(rows)
        tensors.append(y)
    sizes = {0: first_size, 1: second_size, 2: rng.randint(1, 4)}
    timeline = Timeline({n: Step((call,), call.out_rows) for n, call in enumerate(calls)}, sizes)
    for layer in (0, 1):
        held = timeline.ring_rows([RingUse(calls[layer].outputs[0], layer, (layer + 1,))])
        read, slots = calls[layer + 1].inputs[0], dict[int, int]()
        events = [(int(t), 0, r) for r, t in enumerate(timeline.times[layer])]
        events += [(int(t), 1, r) for r, t in enumerate(timeline.times[layer + 1])]
        for _, kind, row in sorted(events):
            if kind == 0:
                slots[row % held] = row
            else:
                assert all(slots.get(r % held) == r for r in range(read.first[row], read.last[row] + 1))
    for layer, blocks in timeline.blocks.items():
        bounds = [blocks.bounds(block) for block in range(blocks.count)]
        assert [row for begin, end in bounds for row in range(begin, end)] == list(range(calls[layer].out_rows))
        assert [blocks.done(count) for count in range(1, blocks.count + 1)] == [end for _, end in bounds]


LINES = st.tuples(st.integers(1, 4), st.integers(0, 5))


@given(LINES, st.integers(1, 40), st.integers(1, 30), st.integers(1, 5), st.integers(0, 4))
def test_formulas_of_blocks_say_what_the_tables_say(
    line: tuple[int, int], most: int, count: int, size: int, ahead: int
) -> None:
    step, margin = line
    first = -(ahead % size)
    own = [first + size * block for block in range(count)]
    needed = tuple(max(min(step * row + margin, most), 1) for row in own)
    formula = rows_formula(needed, "own", size, first)
    for row, wanted in zip(own, needed, strict=True):
        for rows in range(most + 2) if formula else ():
            python = formula.format(rows=rows).replace("||", "or")
            assert eval(python, {"own": row}) == (rows >= wanted)  # noqa: S307


@given(st.integers(1, 4), st.integers(0, 5), st.integers(1, 40), st.integers(1, 30))
def test_formulas_say_what_the_tables_say(step: int, margin: int, most: int, count: int) -> None:
    needed = tuple(min(step * row + margin, most) for row in range(count))
    formula = rows_formula(needed, "own")
    assert formula is not None or margin >= most or count == 1
    if formula is not None:
        for own in range(count):
            for rows in range(most + 1):
                condition = formula.format(rows="rows").replace("||", "or")
                assert eval(condition, {"own": own, "rows": rows}) == (rows >= needed[own])  # noqa: S307


def test_rows_without_a_formula_take_a_table() -> None:
    assert rows_formula((0, 1, 3, 4), "own") is None
