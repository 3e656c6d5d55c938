"""Depthwise convolutions over channel groups become one, byte for byte the same; everything else is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Graph, Operator, Quantization, Tensor
from codegen.ir.ops import Concat, DepthwiseConv2D, Slice, Split
from tests.passes.test_passes import OTHER, assert_same
from tests.support.graphs import activation, constant, kinds

ROWS, WIDTH = 11, 2


def depthwise(x: Tensor, height: int, name: str, stride: int = 1, dilation: int = 1) -> DepthwiseConv2D:
    channels = x.shape[3]
    scales = tuple(np.linspace(0.01, 0.02, channels).astype(np.float32).tolist())
    quant = Quantization(scales, (0,) * channels, 3)
    weights = constant(f"{name}w", 1, height, 1, channels, quant=quant, seed=height)
    op = DepthwiseConv2D(inputs=[x, weights, None], outputs=[], name=name, stride=(stride, 1), dilation=(dilation, 1))
    op.outputs = [activation(f"{name}y", *op.infer_shapes()[0], quant=OTHER)]
    return op


def rows_of(x: Tensor, begin: int, count: int) -> Slice:
    shape = (1, count, *x.shape[2:])
    return Slice(
        inputs=[x], outputs=[activation("rows", *shape)], begin=(0, begin, 0, 0), size=shape, strides=(1, 1, 1, 1)
    )


def mixed(heights: list[int], begins: list[int], stride: int = 1, dilation: int = 1, out_rows: int = 1) -> Graph:
    """Groups of growing width, each with a kernel height and a first row; as many output rows for all."""
    sizes = tuple(range(1, len(heights) + 1))
    x = activation("x", 1, 60, WIDTH, sum(sizes))
    split = Split(
        inputs=[x], outputs=[activation(f"g{i}", 1, 60, WIDTH, n) for i, n in enumerate(sizes)], axis=3, sizes=sizes
    )
    operators: list[Operator] = [split]
    results = []
    for i, (height, begin) in enumerate(zip(heights, begins, strict=True)):
        cut = rows_of(split.outputs[i], begin, (out_rows - 1) * stride + (height - 1) * dilation + 1)
        conv = depthwise(cut.y, height, f"c{i}", stride, dilation)
        operators += [cut, conv]
        results.append(conv.y)
    joined = Concat(inputs=list(results), outputs=[], axis=3, name="joined")
    joined.outputs = [activation("joined", *joined.infer_shapes()[0], quant=OTHER)]
    return Graph("test", [x], [joined.y], [*operators, joined])


def test_kernels_that_end_in_the_same_row() -> None:
    graph = mixed([7, 11], [4, 0])
    assert assert_same(graph, "join_depthwise")
    assert kinds(graph)[-2:] == ["slice", "depthwise_conv_2d"]
    assert graph.operators[-1].weights.shape == (1, 11, 1, 3)
    assert graph.outputs == graph.operators[-1].outputs


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 4)), min_size=2, max_size=3),
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_any_kernels(pieces: list[tuple[int, int]], stride: int, dilation: int, out_rows: int) -> None:
    heights, begins = map(list, zip(*pieces, strict=True))
    assert assert_same(mixed(heights, begins, stride, dilation, out_rows), "join_depthwise")


def _other_order(graph: Graph) -> None:
    joined = graph.operators[-1]
    joined.inputs = joined.inputs[::-1]


def _seen_elsewhere(graph: Graph) -> None:
    graph.outputs.append(graph.operators[2].y)


def _padded(graph: Graph) -> None:
    for op in (graph.operators[2], graph.operators[4]):
        op.pad_w = (1, 0)
        op.y.shape = op.infer_shapes()[0]
    joined = graph.operators[-1]
    joined.y.shape = joined.infer_shapes()[0]


@pytest.mark.parametrize("change", [_other_order, _seen_elsewhere, _padded])
def test_left_alone(change: object) -> None:
    graph = mixed([3, 3], [0, 0])
    change(graph)  # type: ignore[operator]
    assert not assert_same(graph, "join_depthwise")


def test_not_where_zeros_cost_more_than_copies() -> None:
    assert not assert_same(mixed([1, 40], [0, 0], out_rows=20), "join_depthwise")
