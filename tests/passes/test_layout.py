"""Transposes move and cancel, matrix products absorb them, reshapes sink, scales fold: values stay, movement goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import reference
from codegen.ir import Activation, Array, DType, Graph, Operator, Tensor, ops
from codegen.ir.verifier import verify
from codegen.passes import PASSES, run_passes
from codegen.passes.layouts import composed, in_order, inverse, permuted, through_reshape
from codegen.report.transposes import transpose_lines, transposes_left

TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
LAYOUT = ("cancel_movement", "join_twins", "move_transpose", "absorb_transpose", "sink_reshape", "eliminate_dead")


class Sketch:
    """A float32 graph, operator by operator."""

    def __init__(self, *shape: int) -> None:
        self.x = Tensor("x", shape, DType.FLOAT32)
        self.graph = Graph("g", [self.x], [])
        self._rng = np.random.default_rng(0)

    def add(
        self, kind: type[Operator], *inputs: Tensor | None, dtype: DType = DType.FLOAT32, **fields: object
    ) -> Tensor:
        y = Tensor(f"{kind.kind}{len(self.graph.operators)}", (), dtype)
        op = kind(inputs=list(inputs), outputs=[y], name=y.name, **fields)
        y.shape = op.infer_shapes()[0]
        self.graph.operators.append(op)
        return y

    def constant(self, *shape: int) -> Tensor:
        data = self._rng.normal(0, 1, shape).astype(np.float32)
        return Tensor("c", shape, DType.FLOAT32, None, data)

    def first(self, x: Tensor) -> Tensor:
        return self.add(ops.Transpose, x, perm=TO_FIRST)

    def last(self, x: Tensor) -> Tensor:
        return self.add(ops.Transpose, x, perm=TO_LAST)

    def done(self, *outputs: Tensor, passes: tuple[str, ...] = LAYOUT) -> list[str]:
        """Rewrite; values stay as they were; the kinds that are left."""
        self.graph.outputs = list(outputs)
        verify(self.graph)
        value = self._rng.normal(0, 1, self.x.shape).astype(np.float32)
        before = self._values(value)
        run_passes(self.graph, {name: PASSES[name] for name in passes})
        verify(self.graph)
        for old, new in zip(before, self._values(value), strict=True):
            np.testing.assert_allclose(new, old, rtol=0, atol=1e-5 * np.abs(old).max())
        return [op.kind for op in self.graph.operators]

    def _values(self, value: Array) -> list[Array]:
        values = reference.run(self.graph, [value])
        return [values[t] for t in self.graph.outputs]


def between(name: str) -> tuple[Sketch, Tensor]:
    """An operator that does not care, on channels first, between transposes."""
    s = Sketch(2, 4, 6, 8)
    t = s.first(s.x)
    indices = Tensor("i", (3,), DType.INT32, None, np.array([2, 0, 7], np.int32))
    moved = {
        "relu": lambda: s.add(ops.Relu, t),
        "add_channel": lambda: s.add(ops.Add, t, s.constant(8, 1, 1)),
        "add_column": lambda: s.add(ops.Add, t, s.constant(6)),
        "add_number": lambda: s.add(ops.Add, t, s.constant()),
        "add_self": lambda: s.add(ops.Add, t, t),
        "concat": lambda: s.add(ops.Concat, t, s.add(ops.Relu, t), axis=1),
        "pad": lambda: s.add(ops.Pad, t, pads=((0, 0), (1, 0), (0, 2), (0, 0)), value=0.0),
        "slice": lambda: s.add(ops.Slice, t, begin=(0, 7, 1, 0), size=(2, 4, 3, 6), strides=(1, -2, 1, 1)),
        "mean": lambda: s.add(ops.Mean, t, axes=(2, 3), keep_dims=True),
        "max": lambda: s.add(ops.ReduceMax, t, axes=(1,), keep_dims=True),
        "cumsum": lambda: s.add(ops.CumSum, t, axis=1),
        "prelu": lambda: s.add(ops.PRelu, t, s.constant(8, 1, 1)),
        "broadcast": lambda: s.add(ops.BroadcastTo, s.add(ops.Mean, t, axes=(1,), keep_dims=True), shape=t.shape),
        "gather": lambda: s.add(ops.Gather, t, indices, axis=1),
    }
    return s, s.last(moved[name]())


KINDS = (
    *("relu", "add_channel", "add_column", "add_number", "add_self", "concat", "pad", "slice"),
    *("mean", "max", "cumsum", "prelu", "broadcast", "gather"),
)


@pytest.mark.parametrize("name", KINDS)
def test_operators_work_in_the_order_of_their_neighbours(name: str) -> None:
    s, y = between(name)
    assert "transpose" not in s.done(y)


def test_a_residual_block_loses_its_transposes() -> None:
    s = Sketch(1, 6, 6, 4)

    def conv(x: Tensor) -> Tensor:
        return s.first(s.add(ops.Conv2D, s.last(x), s.constant(4, 3, 3, 4), None, pad_h=(1, 1), pad_w=(1, 1)))

    a = s.add(ops.Relu, conv(s.first(s.x)))
    y = s.add(ops.Add, conv(a), a)
    assert s.done(s.last(y)) == ["conv_2d", "relu", "conv_2d", "add"]


def test_one_transpose_is_left_where_an_output_wants_it() -> None:
    s = Sketch(1, 4, 6, 8)
    a = s.add(ops.Relu, s.first(s.x))
    kinds = s.done(s.last(a), a)
    assert kinds.count("transpose") == 1


def test_nothing_happens_where_nothing_is_saved() -> None:
    s = Sketch(1, 4, 6, 8)
    assert s.done(s.add(ops.Relu, s.first(s.x))) == ["transpose", "relu"]


def test_operators_over_the_last_axis_are_left_alone() -> None:
    s = Sketch(1, 4, 6, 8)
    assert s.done(s.last(s.add(ops.Softmax, s.first(s.x), beta=1.0))).count("transpose") == 2


def test_reductions_that_drop_axes_take_the_order_on() -> None:
    s = Sketch(2, 4, 6, 8)
    y = s.add(ops.Sum, s.first(s.x), axes=(1,))
    assert s.done(s.add(ops.Relu, y)) == ["sum", "relu"]


def test_reshapes_of_whole_groups_take_the_order_on() -> None:
    s = Sketch(2, 4, 6, 8)
    flat = s.add(ops.Reshape, s.first(s.x), shape=(2, 8, 24))
    assert "transpose" not in s.done(s.add(ops.Transpose, flat, perm=(0, 2, 1)))


def test_twins_are_joined() -> None:
    s = Sketch(1, 4, 6, 8)
    a, b = s.first(s.x), s.first(s.x)
    assert s.done(s.add(ops.Softmax, a, beta=1.0), s.add(ops.Softmax, b, beta=2.0)).count("transpose") == 1


@pytest.mark.parametrize("perm", [(0, 3, 1, 2), (0, 2, 1, 3), (0, 3, 2, 1)])
def test_a_matrix_product_absorbs_the_transpose_of_a_flattened_image(perm: tuple[int, ...]) -> None:
    s = Sketch(1, 3, 4, 5)
    flat = s.add(ops.Reshape, s.add(ops.Transpose, s.x, perm=perm), shape=(1, 60))
    assert s.done(s.add(ops.FullyConnected, flat, s.constant(7, 60), None)) == ["reshape", "fully_connected"]


def test_rows_that_mix_with_columns_stay() -> None:
    s = Sketch(2, 3, 4, 5)
    flat = s.add(ops.Reshape, s.add(ops.Transpose, s.x, perm=(1, 0, 2, 3)), shape=(3, 40))
    assert "transpose" in s.done(s.add(ops.FullyConnected, flat, s.constant(7, 40), None))


def test_activations_sink_below_reshapes_of_sequences() -> None:
    s = Sketch(1, 1, 9, 4)
    conv = s.add(ops.Conv2D, s.x, s.constant(4, 1, 3, 4), None)
    view = s.add(ops.Reshape, conv, shape=(1, 7, 4))
    y = s.add(ops.Mul, s.add(ops.Relu, view), s.constant(7, 1))
    assert s.done(s.add(ops.Reshape, y, shape=(1, 1, 7, 4))) == ["conv_2d", "relu", "mul"]


def test_other_reshapes_stay_before_operators() -> None:
    s = Sketch(1, 2, 9, 4)
    view = s.add(ops.Reshape, s.x, shape=(1, 18, 4))
    assert s.done(s.add(ops.Relu, view)) == ["reshape", "relu"]


def test_a_causal_convolution_does_its_padding() -> None:
    s = Sketch(1, 9, 4)
    padded = s.add(ops.Pad, s.x, pads=((0, 0), (2, 0), (0, 0)), value=0.0)
    row = s.add(ops.Reshape, padded, shape=(1, 1, 11, 4))
    y = s.add(ops.Conv2D, row, s.constant(5, 1, 3, 4), None)
    assert s.done(y, passes=(*LAYOUT, "lift_reshape", "fuse_pad")) == ["reshape", "conv_2d"]


def test_a_padding_that_another_reads_stays() -> None:
    s = Sketch(1, 9, 4)
    padded = s.add(ops.Pad, s.x, pads=((0, 0), (2, 0), (0, 0)), value=0.0)
    row = s.add(ops.Reshape, padded, shape=(1, 1, 11, 4))
    y = s.add(ops.Conv2D, row, s.constant(5, 1, 3, 4), None)
    assert "pad" in s.done(y, padded, passes=(*LAYOUT, "lift_reshape", "fuse_pad"))


class TestFoldScale:
    @staticmethod
    def layer(s: Sketch, kind: str) -> Tensor:
        layers = {
            "conv": lambda: s.add(ops.Conv2D, s.x, s.constant(5, 2, 2, 4), s.constant(5)),
            "depthwise": lambda: s.add(ops.DepthwiseConv2D, s.x, s.constant(1, 2, 2, 8), None),
            "dense": lambda: s.add(ops.FullyConnected, s.x, s.constant(5, 4), s.constant(5), keep_dims=True),
            "transposed": lambda: s.add(ops.TransposeConv, s.x, s.constant(3, 2, 2, 4), None, size=(6, 7)),
        }
        return layers[kind]()

    @pytest.mark.parametrize("kind", ["conv", "depthwise", "dense", "transposed"])
    @pytest.mark.parametrize("then", [ops.Mul, ops.Add, ops.Sub, ops.Div])
    def test_a_constant_per_channel_goes_into_the_weights(self, kind: str, then: type[Operator]) -> None:
        s = Sketch(1, 5, 6, 4)
        y = self.layer(s, kind)
        y = s.add(then, y, s.constant(y.shape[-1]))
        assert len(s.done(y, passes=("fold_scale",))) == 1

    @pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1, 5)])
    def test_so_does_one_number_or_a_full_shape(self, shape: tuple[int, ...]) -> None:
        s = Sketch(1, 5, 6, 4)
        y = s.add(ops.Mul, s.constant(*shape), self.layer(s, "conv"), activation=Activation.RELU)
        assert s.done(y, passes=("fold_scale",)) == ["conv_2d"]
        assert s.graph.operators[0].activation is Activation.RELU

    def test_not_along_another_axis(self) -> None:
        s = Sketch(1, 5, 6, 4)
        y = self.layer(s, "conv")
        assert len(s.done(s.add(ops.Mul, y, s.constant(y.shape[2], 1)), passes=("fold_scale",))) == 2

    def test_not_when_the_layers_own_result_is_read(self) -> None:
        s = Sketch(1, 5, 6, 4)
        y = self.layer(s, "conv")
        assert len(s.done(s.add(ops.Mul, y, s.constant(5)), y, passes=("fold_scale",))) == 2

    def test_not_a_number_minus_the_layer(self) -> None:
        s = Sketch(1, 5, 6, 4)
        assert len(s.done(s.add(ops.Sub, s.constant(5), self.layer(s, "conv")), passes=("fold_scale",))) == 2

    def test_not_after_an_activation(self) -> None:
        s = Sketch(1, 5, 6, 4)
        y = s.add(ops.Conv2D, s.x, s.constant(5, 2, 2, 4), None, activation=Activation.RELU)
        assert len(s.done(s.add(ops.Mul, y, s.constant(5)), passes=("fold_scale",))) == 2

    def test_not_a_division_by_zero(self) -> None:
        s = Sketch(1, 5, 6, 4)
        zero = Tensor("zero", (5,), DType.FLOAT32, None, np.array([1, 0, 1, 1, 1], np.float32))
        s.graph.outputs = [s.add(ops.Div, self.layer(s, "conv"), zero)]
        assert not run_passes(s.graph, {"fold_scale": PASSES["fold_scale"]})


@given(st.permutations(range(4)), st.permutations(range(4)))
def test_layouts_compose(a: list[int], b: list[int]) -> None:
    shape = (2, 3, 4, 5)
    assert permuted(permuted(shape, tuple(a)), tuple(b)) == permuted(shape, composed(tuple(a), tuple(b)))
    assert composed(tuple(a), inverse(tuple(a))) == (0, 1, 2, 3)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.data())
def test_a_layout_goes_through_a_reshape_only_if_the_bytes_agree(source: list[int], data: st.DataObject) -> None:
    size = int(np.prod(source))
    cuts = [d for d in range(1, size + 1) if size % d == 0]
    first = data.draw(st.sampled_from(cuts))
    target = (first, *data.draw(st.permutations([1, size // first])))
    layout = tuple(data.draw(st.permutations(range(len(source)))))
    found = through_reshape(source, target, layout)
    if found is not None:
        values = np.arange(size).reshape(source)
        held = values.transpose(layout)
        np.testing.assert_array_equal(held.ravel(), values.reshape(target).transpose(found).ravel())


def test_moving_dimensions_of_one_moves_nothing() -> None:
    assert in_order((1, 1, 28, 28), TO_LAST)
    assert not in_order((1, 3, 28, 28), TO_LAST)


def test_what_is_left_is_said() -> None:
    s = Sketch(1, 3, 6, 8)
    y = s.add(ops.Conv2D, s.last(s.x), s.constant(4, 1, 1, 3), None)
    s.done(y)
    assert [t.bytes for t in transposes_left(s.graph)] == [3 * 6 * 8 * 4]
    count, reason = transpose_lines(s.graph)
    assert count == "1 transpose is left after the passes, 576 bytes:"
    assert "input 'x' has the axes in another order than conv_2d" in reason
    assert transpose_lines(Graph("g", [], [])) == []


@pytest.mark.parametrize("which", [0, 1])
def test_a_product_reads_an_operand_the_other_way_round(which: int) -> None:
    s = Sketch(2, 3, 4, 4)
    operands = [s.x, s.constant(2, 3, 4, 4)]
    operands.insert(which, s.add(ops.Transpose, operands.pop(0), perm=(0, 1, 3, 2)))
    assert s.done(s.add(ops.BatchMatMul, *operands)) == ["batch_matmul"]


def test_a_product_does_not_exchange_batches() -> None:
    s = Sketch(3, 3, 4, 4)
    moved = s.add(ops.Transpose, s.x, perm=(1, 0, 3, 2))
    assert s.done(s.add(ops.BatchMatMul, s.constant(3, 3, 4, 4), moved)) == ["transpose", "batch_matmul"]
