"""What shares memory, what is copied, and the odd inputs and outputs a graph may have."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from codegen.backends.candidate import Call, Candidate, Core, rowwise
from codegen.errors import GencError
from codegen.ir import Graph, Operator, Tensor, ops
from codegen.schedule import schedule
from codegen.schedule.program import Program
from tests.support import toy_backend
from tests.support.arena_machine import Machine
from tests.support.graphs import activation, constant


def relu(x: Tensor, name: str) -> ops.Relu:
    return ops.Relu(inputs=[x], outputs=[activation(name, *x.shape)], name=name)


def concat(inputs: Sequence[Tensor], axis: int, name: str = "y") -> ops.Concat:
    op = ops.Concat(inputs=list(inputs), outputs=[], axis=axis, name=name)
    op.outputs = [activation(name, *op.infer_shapes()[0])]
    return op


def split(x: Tensor, axis: int, sizes: tuple[int, ...]) -> ops.Split:
    op = ops.Split(inputs=[x], outputs=[], axis=axis, sizes=sizes, name="split")
    op.outputs = [activation(f"part{i}", *shape) for i, shape in enumerate(op.infer_shapes())]
    return op


def reshape(x: Tensor, *shape: int) -> ops.Reshape:
    return ops.Reshape(inputs=[x], outputs=[activation(f"{x.name}_again", *shape)], shape=shape, name="reshape")


def slice_(x: Tensor, begin: tuple[int, ...], size: tuple[int, ...], strides: tuple[int, ...]) -> ops.Slice:
    y = activation("part", *size)
    return ops.Slice(inputs=[x], outputs=[y], begin=begin, size=size, strides=strides, name="slice")


class Aligned(toy_backend.Toy):
    """Element-wise kernels that need 4-byte addresses and work in place; no scratch."""

    scratches = (0, 0, 0, 0)

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        if not isinstance(op, ops.Relu | ops.Add):
            return super().candidates(op, core)
        inputs = tuple(rowwise(t, 1, 4) for t in op.activations)
        call = Call("toy", (), inputs, (rowwise(op.y, 1, 4),), 1, in_place=frozenset(range(len(inputs))))
        return [Candidate(op, self.name, (call,), 1.0)]


def plan(inputs: list[Tensor], operators: list[Operator], outputs: list[Tensor]) -> Program:
    """Schedule, run on hostile memory, compare with the meaning."""
    graph = Graph("test", inputs, outputs, operators)
    program = schedule(graph, [Aligned(random.Random(1))], toy_backend.CORE)  # noqa: S311
    values = toy_backend.random_inputs(graph, np.random.default_rng(1))
    want = toy_backend.run(graph, values)
    got = Machine(program, toy_backend.evaluate).run(values)
    for tensor, value in zip(outputs, got, strict=True):
        np.testing.assert_array_equal(value, want[tensor], err_msg=tensor.name)
    return program


def copies(program: Program) -> list[int]:
    """Calls of each layer."""
    return [len(layer.calls) for layer in program.layers]


def test_no_operator_at_all() -> None:
    x = activation("x", 5)
    program = plan([x], [], [x])
    assert (program.arena_bytes, program.layers) == (5, ())


def test_an_input_that_is_also_an_output_is_not_overwritten() -> None:
    x = activation("x", 32)
    a = relu(x, "a")
    program = plan([x], [a], [a.y, x])
    assert program.arena_bytes == 64


def test_an_input_that_nobody_reads_has_its_own_memory() -> None:
    x, unused = activation("x", 16), activation("unused", 16)
    program = plan([x, unused], [a := relu(x, "a")], [a.y])
    assert program.arena_bytes == 32


def test_one_tensor_as_two_outputs() -> None:
    x = activation("x", 6)
    a = relu(x, "a")
    program = plan([x], [a], [a.y, a.y])
    assert program.arena_bytes == 6


def test_an_output_that_is_a_view_of_an_input() -> None:
    x = activation("x", 2, 6)
    program = plan([x], [r := reshape(x, 12)], [r.y])
    assert (program.arena_bytes, copies(program)) == (12, [0])
    assert program.layers[0].candidate is None
    assert next(p for p in program.placements if p.tensor is r.y).view_of is x


def test_a_constant_output_is_copied_into_the_arena() -> None:
    x, fixed = activation("x", 4), constant("fixed", 3)
    graph = Graph("test", [x], [x, fixed, fixed], [])
    program = schedule(graph, [toy_backend.Toy()], toy_backend.CORE)
    assert graph.outputs[1] is fixed
    assert copies(program) == [1]
    assert not any(t.is_constant for t in program.graph.outputs)
    got = Machine(program, toy_backend.evaluate).run([np.zeros(4, np.int8)])
    np.testing.assert_array_equal(got[1], fixed.value)
    np.testing.assert_array_equal(got[2], fixed.value)


def test_a_contiguous_split_is_free() -> None:
    x = activation("x", 1, 4, 8)
    s = split(x, 1, (1, 3))
    a, b = relu(s.outputs[0], "a"), relu(s.outputs[1], "b")
    program = plan([x], [s, a, b], [a.y, b.y])
    assert copies(program) == [0, 1, 1]


def test_a_split_across_rows_is_copied() -> None:
    x = activation("x", 4, 8)
    s = split(x, 1, (4, 4))
    a, b = relu(s.outputs[0], "a"), relu(s.outputs[1], "b")
    assert copies(plan([x], [s, a, b], [a.y, b.y])) == [2, 1, 1]


def test_a_piece_at_an_odd_place_is_copied_when_its_kernel_needs_alignment() -> None:
    x = activation("x", 11)
    s = split(x, 0, (3, 8))
    a, b = relu(s.outputs[0], "a"), relu(s.outputs[1], "b")
    program = plan([x], [s, a, b], [a.y, b.y])
    assert copies(program) == [1, 1, 1]
    assert program.layers[0].calls[0].call.outputs[0].tensor is s.outputs[1]


def test_the_alignment_of_a_reshaped_piece_counts() -> None:
    x = activation("x", 11)
    s = split(x, 0, (3, 8))
    r = reshape(s.outputs[1], 2, 4)
    a = relu(r.y, "a")
    assert copies(plan([x], [s, r, a], [a.y])) == [1, 0, 1]


def test_part_of_a_split_that_lives_on_keeps_only_its_own_bytes() -> None:
    x = activation("x", 256)
    a = relu(x, "a")
    s = split(a.y, 0, (16, 240))
    b = relu(s.outputs[1], "b")
    c = concat([b.y, b.y], 0, "c")
    d = relu(c.y, "d")
    e = relu(s.outputs[0], "e")
    program = plan([x], [a, s, b, c, d, e], [e.y])
    assert program.arena_bytes == 16 + 240 + 480


def test_outputs_of_a_split_that_nobody_reads() -> None:
    x = activation("x", 3, 4)
    s = split(x, 1, (2, 2))
    assert copies(plan([x], [s], [s.outputs[1]])) == [2]


@pytest.mark.parametrize(
    ("begin", "size", "strides", "calls"),
    [
        ((0, 4, 0), (1, 4, 8), (1, 1, 1), 0),
        ((0, 2, 0), (1, 1, 4), (1, 1, 1), 0),
        ((0, 2, 0), (1, 2, 4), (1, 1, 1), 1),
        ((0, 0, 0), (1, 4, 8), (1, 2, 1), 1),
        ((0, 7, 0), (1, 8, 8), (1, -1, 1), 1),
        ((0, 0, 0), (1, 8, 8), (1, 1, 1), 0),
        ((0, 6, 0), (1, 1, 8), (1, -5, 1), 0),
    ],
)
def test_only_a_contiguous_slice_is_free(
    begin: tuple[int, ...], size: tuple[int, ...], strides: tuple[int, ...], calls: int
) -> None:
    x = activation("x", 1, 8, 8)
    s = slice_(x, begin, size, strides)
    a = relu(s.y, "a")
    assert copies(plan([x], [s, a], [a.y])) == [calls, 1]


def test_pieces_are_produced_inside_the_concatenation() -> None:
    x = activation("x", 1, 2, 8)
    a, b = relu(x, "a"), relu(x, "b")
    c = concat([a.y, b.y], 1)
    program = plan([x], [a, b, c], [c.y])
    assert copies(program) == [1, 1, 0]
    assert program.offsets[b.y] == program.offsets[a.y] + 16
    assert program.arena_bytes == 32


def test_a_concatenation_inside_rows_is_copied() -> None:
    x = activation("x", 2, 8)
    a, b = relu(x, "a"), relu(x, "b")
    c = concat([a.y, b.y], 1)
    assert copies(plan([x], [a, b, c], [c.y])) == [1, 1, 2]


def test_a_tensor_concatenated_with_itself_is_copied() -> None:
    x = activation("x", 8)
    a = relu(x, "a")
    c = concat([a.y, a.y], 0)
    assert copies(plan([x], [a, c], [c.y])) == [1, 2]


def test_a_piece_of_two_concatenations_is_placed_in_one_and_copied_to_the_other() -> None:
    x = activation("x", 8)
    a, b = relu(x, "a"), relu(x, "b")
    c, d = concat([a.y, b.y], 0, "c"), concat([b.y, a.y], 0, "d")
    assert copies(plan([x], [a, b, c, d], [c.y, d.y])) == [1, 1, 0, 2]


def test_concatenations_nest() -> None:
    x = activation("x", 16)
    a, b, e = relu(x, "a"), relu(x, "b"), relu(x, "e")
    c = concat([a.y, b.y], 0, "c")
    d = concat([e.y, c.y], 0, "d")
    program = plan([x], [a, b, e, c, d], [d.y])
    assert copies(program) == [1, 1, 1, 0, 0]
    assert program.offsets[b.y] == program.offsets[d.y] + 32


def test_a_piece_that_is_an_output_or_an_input_must_stay_aligned() -> None:
    x, other = activation("x", 8), activation("other", 8)
    a = relu(x, "a")
    c = concat([other, a.y], 0)
    program = plan([x, other], [a, c], [c.y, a.y])
    assert program.offsets[other] == program.offsets[c.y]
    assert program.offsets[a.y] % 16 == 0
    assert copies(program) == [1, 1]


def test_a_split_put_together_again_in_another_order() -> None:
    x = activation("x", 3, 4)
    a = relu(x, "a")
    s = split(a.y, 0, (1, 1, 1))
    c = concat([s.outputs[1], s.outputs[0], s.outputs[2]], 0)
    plan([x], [a, s, c], [c.y])


def test_a_piece_is_not_overwritten_while_the_whole_is_needed() -> None:
    x = activation("x", 16)
    a, b = relu(x, "a"), relu(x, "b")
    c = concat([a.y, b.y], 0)
    d = relu(a.y, "d")
    program = plan([x], [a, b, c, d], [c.y, d.y])
    assert program.arena_bytes == 48


def test_an_input_used_by_several_operators_lives_until_the_last() -> None:
    x = activation("x", 32)
    a, b = relu(x, "a"), relu(x, "b")
    e = ops.Add(inputs=[a.y, b.y], outputs=[activation("y", 32)], name="y")
    program = plan([x], [a, b, e], [e.y])
    assert program.arena_bytes == program.lower_bound_bytes == 64


def test_operators_without_a_kernel_are_named_all_at_once() -> None:
    x = activation("x", 1, 2, 2, 2)
    operators = [
        ops.Softmax(inputs=[x], outputs=[activation(name, 1, 2, 2, 2)], name=name, source=f"SOFTMAX #{name}")
        for name in "ab"
    ]
    graph = Graph("test", [x], [op.y for op in operators], list(operators))
    with pytest.raises(GencError) as caught:
        schedule(graph, [toy_backend.Toy()], toy_backend.CORE)
    assert [problem.where for problem in caught.value.problems] == ['SOFTMAX #a "a"', 'SOFTMAX #b "b"']
