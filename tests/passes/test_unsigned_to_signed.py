"""Uint8 networks on int8: the same bytes at the borders, no uint8 computed with inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Activation, Array, DType, Graph, Operator, Quantization, Tensor, ops
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.passes.unsigned_to_signed import COMPUTING
from codegen.reference import run
from codegen.reference.fixed_point import quantize_multiplier
from codegen.reference.parameters import linear


class Builder:
    """A chain of uint8 operators, each with an output of its own scale."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.x = self.last = self.tensor((2, 9, 8, 3))
        self.operators: list[Operator] = []

    def tensor(self, shape: tuple[int, ...], quant: Quantization | None = None) -> Tensor:
        own = Quantization((float(np.float32(self.rng.uniform(0.01, 0.1))),), (int(self.rng.integers(0, 256)),))
        return Tensor("t", shape, DType.UINT8, quant or own)

    def constant(self, shape: tuple[int, ...], dtype: DType = DType.UINT8) -> Tensor:
        low, high = dtype.limits if dtype is DType.UINT8 else (-1000, 1000)
        result = self.tensor(shape)
        quant = result.quant if dtype is DType.UINT8 else None
        return Tensor("c", shape, dtype, quant, self.rng.integers(low, high, shape).astype(dtype.numpy))

    def add(self, kind: type[Operator], *others: Tensor | None, same: bool = False, **fields: Any) -> Tensor:
        op = kind(inputs=[self.last, *others], outputs=[], **fields)
        quant = self.last.quant if same else None
        op.outputs = [self.tensor(shape, quant) for shape in op.infer_shapes()]
        self.operators.append(op)
        self.last = op.outputs[0]
        return self.last

    def convolution(self) -> None:
        channels = self.last.shape[3]
        shape = (int(self.rng.integers(1, 6)), 3, 2, channels)
        bias = self.constant(shape[:1], DType.INT32)
        self.add(ops.Conv2D, self.constant(shape), bias, activation=Activation.RELU6, pad_h=(1, 1), pad_w=(0, 1))

    def depthwise(self) -> None:
        channels = self.last.shape[3]
        weights, bias = self.constant((1, 3, 3, channels)), self.constant((channels,), DType.INT32)
        self.add(ops.DepthwiseConv2D, weights, bias, pad_h=(1, 1), pad_w=(1, 0))  # five of them leave an image


STEPS: dict[str, Any] = {
    "conv": Builder.convolution,
    "depthwise": Builder.depthwise,
    "average": lambda b: b.add(ops.AveragePool2D, same=True, kernel=(2, 3), pad_h=(1, 0), pad_w=(1, 1)),
    "maximum": lambda b: b.add(ops.MaxPool2D, same=True, kernel=(2, 2)),
    "add": lambda b: b.add(ops.Add, b.constant(b.last.shape[3:])),
    "multiply": lambda b: b.add(ops.Mul, b.last),
    "relu": lambda b: b.add(ops.Relu),
    "leaky": lambda b: b.add(ops.LeakyRelu, alpha=0.3),
    "pad": lambda b: b.add(ops.Pad, same=True, pads=((0, 0), (1, 0), (0, 2), (0, 0)), value=77),
    "move": lambda b: b.add(ops.Transpose, same=True, perm=(0, 2, 1, 3)),
    "resize": lambda b: b.add(ops.ResizeNearest, same=True, size=(7, 8)),
}


def network(names: list[str], seed: int) -> Graph:
    """A chain of steps, then a mean and softmax; one tensor on the way is an output too."""
    b = Builder(seed)
    taps = []
    for name in names:
        STEPS[name](b)
        taps.append(b.last)
    b.add(ops.Mean, axes=(1, 2))
    b.add(ops.Softmax)
    b.last.quant = Quantization((1 / 256,), (0,))
    return Graph("net", [b.x], [b.last, taps[len(taps) // 2]], b.operators)


def outputs(graph: Graph, x: Array) -> list[Array]:
    values = run(graph, [x])
    return [values[t] for t in graph.outputs]


@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5), st.integers(0, 10**6))
def test_the_bytes_stay(names: list[str], seed: int) -> None:
    graph = network(names, seed)
    x = np.random.default_rng(seed).integers(0, 256, graph.inputs[0].shape).astype(np.uint8)
    want = outputs(graph, x)
    run_passes(graph)
    verify(graph)
    assert not [op for op in graph.operators if isinstance(op, COMPUTING) and op.y.dtype is DType.UINT8]
    assert [t.dtype for t in (*graph.inputs, *graph.outputs)] == [DType.UINT8] * 3
    for mine, theirs in zip(outputs(graph, x), want, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)


@pytest.mark.parametrize("name", ["pad", "move", "resize", "relu"])
def test_where_nothing_is_computed_nothing_changes(name: str) -> None:
    b = Builder(1)
    STEPS[name](b)
    graph = Graph("net", [b.x], [b.last], b.operators)
    run_passes(graph)
    assert len(graph.operators) == 1
    assert graph.operators[0].y.dtype is DType.UINT8


def test_floats_are_quantised_as_they_were() -> None:
    b = Builder(2)
    x = Tensor("x", b.x.shape, DType.FLOAT32)
    b.operators.append(ops.Quantize(inputs=[x], outputs=[b.x]))
    b.convolution()
    graph = Graph("net", [x], [b.last], b.operators)
    value = np.random.default_rng(3).choice(np.float32([1e30, -1e30, np.nan, 0.5, -3.0, 7.7]), x.shape)
    want = outputs(graph, value)
    run_passes(graph)
    np.testing.assert_array_equal(outputs(graph, value), want)


@pytest.mark.parametrize("kind", [ops.Conv2D, ops.TransposeConv])
def test_the_product_of_the_scales_stays(kind: type[ops.Conv2D | ops.TransposeConv]) -> None:
    """Uint8 convolutions round it to float32: so must what becomes of them, or one result in 100,000 is another."""
    rng = np.random.default_rng(7)
    x = Tensor("x", (1, 25, 40, 64), DType.UINT8, Quantization((float(np.float32(0.0171)),), (128,)))
    data = rng.integers(0, 256, (400, 1, 1, 64)).astype(np.uint8)
    w = Tensor("w", data.shape, DType.UINT8, Quantization((float(np.float32(0.01337)),), (128,)), data)
    size = {"size": (25, 40)} if kind is ops.TransposeConv else {}
    op = kind(inputs=[x, w, None], outputs=[], **size)
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.UINT8, Quantization((0.75,), (128,)))]
    before = linear(op)
    graph = Graph("net", [x], op.outputs, [op])
    run_passes(graph)
    after = linear(next(op for op in graph.operators if isinstance(op, kind)))
    assert (after.multiplier[0], after.shift[0]) == (before.multiplier[0], before.shift[0])
    exact = quantize_multiplier(x.quant.scale * w.quant.scale / 0.75) if x.quant and w.quant else ()
    assert (before.multiplier[0], before.shift[0]) != exact
