"""Each pass: what it does, what it must leave alone, and that no byte changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codegen import reference
from codegen.ir import Activation, DType, Graph, Quantization, Tensor
from codegen.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    LeakyRelu,
    Logistic,
    Mul,
    Pad,
    Quantize,
    Relu,
    Relu6,
    Reshape,
    Slice,
    Transpose,
)
from codegen.ir.verifier import verify
from codegen.passes import PASSES, run_passes
from tests.support.graphs import Q, activation, chain, constant, kinds

OTHER = Quantization((0.07,), (5,))
WEIGHTS = Quantization((0.01,), (0,))


def only(name: str, graph: Graph) -> bool:
    """Run one pass; check the graph; tell whether it did anything."""
    changed = run_passes(graph, {name: PASSES[name]}).total() > 0
    verify(graph)
    return changed


def values(graph: Graph, seed: int = 1) -> list[np.ndarray]:
    """The outputs for a random input."""
    rng = np.random.default_rng(seed)
    inputs = [rng.integers(-128, 128, t.shape).astype(t.dtype.numpy) for t in graph.inputs]
    everything = reference.run(graph, inputs)
    return [everything[t] for t in graph.outputs]


def assert_same(graph: Graph, name: str) -> bool:
    """The pass leaves every byte of every output as it was."""
    before = values(graph.copy())
    changed = only(name, graph)
    for old, new in zip(before, values(graph), strict=True):
        np.testing.assert_array_equal(old, new)
    return changed


def conv(x: Tensor, name: str = "conv", **attributes: object) -> Conv2D:
    weights = constant("w", 4, 3, 3, x.shape[3], quant=WEIGHTS)
    bias = constant("b", 4, quant=Quantization((0.0005,), (0,)), dtype=DType.INT32)
    op = Conv2D(inputs=[x, weights, bias], outputs=[], name=name, **attributes)
    op.outputs = [activation("y", 1, 1, 1, 1, quant=OTHER)]
    op.outputs[0].shape = op.infer_shapes()[0]
    return op


def padded(value: int, pads: tuple[tuple[int, int], ...]) -> Graph:
    x = activation("x", 1, 6, 5, 2)
    p = activation("p", *(d + sum(q) for d, q in zip(x.shape, pads, strict=True)))
    return chain(x, Pad(inputs=[x], outputs=[p], pads=pads, value=value), conv(p))


class TestFusePad:
    def test_pad_with_the_zero_point_becomes_padding(self) -> None:
        graph = padded(-3, ((0, 0), (1, 2), (0, 1), (0, 0)))
        assert assert_same(graph, "fuse_pad")
        run_passes(graph)
        assert kinds(graph) == ["conv_2d"]
        assert graph.operators[0].pad_h == (1, 2)
        assert graph.operators[0].pad_w == (0, 1)

    def test_another_value_stays(self) -> None:
        assert not only("fuse_pad", padded(0, ((0, 0), (1, 1), (1, 1), (0, 0))))

    def test_padded_channels_stay(self) -> None:
        assert not only("fuse_pad", padded(-3, ((0, 0), (1, 1), (1, 1), (0, 1))))

    def test_pooling_keeps_its_pad(self) -> None:
        x, p, y = activation("x", 1, 4, 4, 2), activation("p", 1, 6, 6, 2), activation("y", 1, 3, 3, 2)
        pad = Pad(inputs=[x], outputs=[p], pads=((0, 0), (1, 1), (1, 1), (0, 0)), value=-3)
        pool = AveragePool2D(inputs=[p], outputs=[y], kernel=(2, 2), stride=(2, 2))
        assert not only("fuse_pad", chain(x, pad, pool))


class TestCropKernel:
    @staticmethod
    def layer(op: Conv2D) -> Graph:
        op.inputs[0].quant = Quantization((0.05,), (-3,))
        return chain(op.inputs[0], op)

    def test_what_sees_only_padding_goes(self) -> None:
        op = conv(activation("x", 1, 1, 6, 2), pad_h=(1, 1), pad_w=(1, 1))
        assert assert_same(self.layer(op), "crop_kernel")
        assert (op.kernel, op.pad_h, op.pad_w) == ((1, 3), (0, 0), (1, 1))

    def test_what_one_output_sees_stays(self) -> None:
        assert not only("crop_kernel", self.layer(conv(activation("x", 1, 2, 2, 2), pad_h=(1, 1), pad_w=(1, 1))))

    @pytest.mark.parametrize("size", [1, 2, 3, 5])
    @pytest.mark.parametrize("pads", [(0, 4), (4, 0), (3, 3), (6, 5)])
    @pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 2), (1, 3)])
    def test_any_window(self, size: int, pads: tuple[int, int], stride: int, dilation: int) -> None:
        if size + sum(pads) < 2 * dilation + 1:
            return
        ways = {"stride": (stride, 1), "dilation": (dilation, 1), "pad_h": pads, "pad_w": (0, 2)}
        op = conv(activation("x", 1, size, 4, 2), **ways)
        assert_same(self.layer(op), "crop_kernel")
        assert min(op.pad_h) >= 0
        assert not only("crop_kernel", chain(op.inputs[0], op))


class TestFuseActivation:
    @pytest.mark.parametrize(("relu", "fused"), [(Relu, Activation.RELU), (Relu6, Activation.RELU6)])
    def test_relu_of_equal_scale_is_fused(self, relu: type, fused: Activation) -> None:
        x = activation("x", 1, 5, 5, 2)
        first = conv(x)
        y = activation("r", *first.y.shape, quant=OTHER)
        graph = chain(x, first, relu(inputs=[first.y], outputs=[y], name="relu"))
        assert assert_same(graph, "fuse_activation")
        assert kinds(graph) == ["conv_2d"]
        assert graph.operators[0].activation is fused
        assert graph.outputs == graph.operators[0].outputs == [y]

    def test_another_scale_stays(self) -> None:
        x = activation("x", 1, 5, 5, 2)
        first = conv(x)
        y = activation("r", *first.y.shape, quant=Q)
        assert not only("fuse_activation", chain(x, first, Relu(inputs=[first.y], outputs=[y])))

    def test_a_second_reader_stays(self) -> None:
        x = activation("x", 1, 5, 5, 2)
        first = conv(x)
        y = activation("r", *first.y.shape, quant=OTHER)
        graph = chain(x, first, Relu(inputs=[first.y], outputs=[y]))
        graph.outputs.append(first.y)
        assert not only("fuse_activation", graph)

    def test_an_activation_already_there_stays(self) -> None:
        x = activation("x", 1, 5, 5, 2)
        first = conv(x, activation=Activation.RELU6)
        y = activation("r", *first.y.shape, quant=OTHER)
        assert not only("fuse_activation", chain(x, first, Relu(inputs=[first.y], outputs=[y])))


class TestTables:
    def test_unary_functions_become_one_table(self) -> None:
        x = activation("x", 2, 7)
        a = activation("a", 2, 7, quant=Quantization((1 / 256,), (-128,)))
        b = activation("b", 2, 7, quant=OTHER)
        c = Tensor("c", (2, 7), DType.UINT8, Quantization((0.07,), (133,)))
        graph = chain(
            x,
            Logistic(inputs=[x], outputs=[a]),
            LeakyRelu(inputs=[a], outputs=[b], alpha=0.3),
            Quantize(inputs=[b], outputs=[c]),
        )
        before = values(graph.copy())
        run_passes(graph)
        assert kinds(graph) == ["lookup"]
        np.testing.assert_array_equal(before[0], values(graph)[0])

    @pytest.mark.parametrize("swap", [False, True])
    def test_scalar_constants_become_a_table(self, swap: bool) -> None:
        x, y, k = activation("x", 1, 3, 2), activation("y", 1, 3, 2, quant=OTHER), constant("k", 1, quant=OTHER)
        graph = chain(x, Mul(inputs=[k, x] if swap else [x, k], outputs=[y]))
        assert assert_same(graph, "lower_to_table")
        assert kinds(graph) == ["lookup"]

    def test_a_constant_per_channel_stays(self) -> None:
        x, y, k = activation("x", 1, 3, 2), activation("y", 1, 3, 2, quant=OTHER), constant("k", 2, quant=OTHER)
        assert not only("lower_to_table", chain(x, Add(inputs=[x, k], outputs=[y])))

    def test_a_scalar_that_broadcasts_the_activation_stays(self) -> None:
        x, y = activation("x", 3), activation("y", 1, 3, quant=OTHER)
        k = constant("k", 1, 1, quant=OTHER)
        assert not only("lower_to_table", chain(x, Add(inputs=[x, k], outputs=[y])))

    def test_the_identity_goes(self) -> None:
        x, a, y = activation("x", 4), activation("a", 4), activation("y", 4, quant=OTHER)
        graph = chain(x, Quantize(inputs=[x], outputs=[a]), Quantize(inputs=[a], outputs=[y]))
        before = values(graph.copy())
        run_passes(graph)
        assert len(graph.operators) == 1
        np.testing.assert_array_equal(before[0], values(graph)[0])

    def test_a_table_between_input_and_output_stays_when_it_is_the_identity(self) -> None:
        x, y = activation("x", 4), activation("y", 4)
        graph = chain(x, Quantize(inputs=[x], outputs=[y]))
        run_passes(graph)
        assert graph.outputs == [y]


class TestMovement:
    def test_reshapes_join_and_vanish(self) -> None:
        x, a, b = activation("x", 2, 6), activation("a", 3, 4), activation("b", 2, 6)
        y = activation("y", 2, 6, quant=OTHER)
        graph = chain(
            x,
            Reshape(inputs=[x], outputs=[a], shape=(3, 4)),
            Reshape(inputs=[a], outputs=[b], shape=(2, 6)),
            Relu(inputs=[b], outputs=[y]),
        )
        before = values(graph.copy())
        run_passes(graph, {n: PASSES[n] for n in ("cancel_movement", "eliminate_dead")})
        assert kinds(graph) == ["relu"]
        np.testing.assert_array_equal(before[0], values(graph)[0])

    def test_transposes_cancel(self) -> None:
        x, a, b = activation("x", 2, 3, 4), activation("a", 4, 2, 3), activation("b", 2, 3, 4)
        y = activation("y", 2, 3, 4, quant=OTHER)
        graph = chain(
            x,
            Transpose(inputs=[x], outputs=[a], perm=(2, 0, 1)),
            Transpose(inputs=[a], outputs=[b], perm=(1, 2, 0)),
            Relu(inputs=[b], outputs=[y]),
        )
        before = values(graph.copy())
        run_passes(graph, {n: PASSES[n] for n in ("cancel_movement", "eliminate_dead")})
        assert kinds(graph) == ["relu"]
        np.testing.assert_array_equal(before[0], values(graph)[0])

    def test_transpose_of_single_dimensions_is_a_view(self) -> None:
        x, y = activation("x", 1, 5, 1, 3), activation("y", 5, 1, 3, 1)
        graph = chain(x, Transpose(inputs=[x], outputs=[y], perm=(1, 0, 3, 2)))
        assert assert_same(graph, "cancel_movement")
        assert kinds(graph) == ["reshape"]

    def test_a_real_transpose_stays(self) -> None:
        x, y = activation("x", 2, 3), activation("y", 3, 2)
        assert not only("cancel_movement", chain(x, Transpose(inputs=[x], outputs=[y], perm=(1, 0))))

    def test_a_reversed_slice_stays(self) -> None:
        x, y = activation("x", 4), activation("y", 4)
        op = Slice(inputs=[x], outputs=[y], begin=(3,), size=(4,), strides=(-1,))
        assert not only("cancel_movement", chain(x, op))

    def test_concat_of_a_tensor_with_itself_stays(self) -> None:
        x, y = activation("x", 2, 2), activation("y", 2, 4)
        assert not only("cancel_movement", chain(x, Concat(inputs=[x, x], outputs=[y], axis=1)))


def test_constants_fold() -> None:
    x, k, s, y = activation("x", 2, 2), constant("k", 4), activation("s", 2, 2), activation("y", 2, 2, quant=OTHER)
    graph = chain(x, Reshape(inputs=[k], outputs=[s], shape=(2, 2)), Add(inputs=[x, s], outputs=[y]))
    assert assert_same(graph, "fold_constants")
    assert kinds(graph) == ["add"]


def test_dead_operators_go() -> None:
    x, y, dead = activation("x", 4), activation("y", 4, quant=OTHER), activation("dead", 4, quant=OTHER)
    graph = chain(x, Relu(inputs=[x], outputs=[dead]), Relu6(inputs=[x], outputs=[y]))
    assert assert_same(graph, "eliminate_dead")
    assert kinds(graph) == ["relu6"]


def test_a_copy_is_not_touched() -> None:
    graph = padded(-3, ((0, 0), (1, 1), (1, 1), (0, 0)))
    twin = graph.copy()
    run_passes(graph)
    assert kinds(twin) == ["pad", "conv_2d"]
    assert replace(twin.operators[1]).pad_h == (0, 0)
