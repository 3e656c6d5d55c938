"""Of a recurrent layer whose last output alone is read, no others are kept."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Array, DType, Graph, Operator, Tensor, ops
from codegen.ir.ops.sequence import Recurrent
from codegen.passes import run_passes
from codegen.reference import Session
from tests.support.recurrent_operators import grus, lstms, rnns

LAYERS = {"lstm": lstms(DType.FLOAT32), "gru": grus(), "rnn": rnns()}


def after(layer: Recurrent, step: int, *, transposed: bool) -> Graph:
    """The layer, and one step of its outputs, perhaps of the transposed sequence."""
    y, made = layer.y, list[Operator]([layer])
    axis = 0 if layer.time_major else 1
    if transposed:
        turned = Tensor("turned", (y.shape[1], y.shape[0], y.shape[2]), y.dtype)
        made.append(ops.Transpose(inputs=[y], outputs=[turned], perm=(1, 0, 2)))
        y, axis = turned, 1 - axis
    size = tuple(1 if i == axis else d for i, d in enumerate(y.shape))
    begin = tuple(step if i == axis else 0 for i in range(3))
    part = Tensor("part", size, y.dtype)
    made.append(ops.Slice(inputs=[y], outputs=[part], begin=begin, size=size, strides=(1, 1, 1)))
    return Graph("layer", layer.activations, [part], made)


def both(graph: Graph, values: list[Array]) -> tuple[Array, Array]:
    """What the graph gives, before and after the passes."""
    (before,) = Session(copy.deepcopy(graph)).step(values)
    run_passes(graph)
    (then,) = Session(graph).step(values)
    return before, then


@pytest.mark.parametrize("kind", LAYERS)
@given(data=st.data())
def test_last_or_first_step(data: st.DataObject, kind: str) -> None:
    """Of a layer whose first step alone is read, no others are computed."""
    layer, values = data.draw(LAYERS[kind].filter(lambda case: not case[0].last_only and case[0].steps > 1))
    last = data.draw(st.booleans())
    steps, ends = layer.steps, (0, layer.steps - 1)
    graph = after(layer, ends[last != layer.backward], transposed=data.draw(st.booleans()))
    before, then = both(graph, values)
    np.testing.assert_array_equal(then, before, strict=True)
    (left,) = [op for op in graph.operators if isinstance(op, Recurrent)]
    assert left.last_only
    assert left.steps == (steps if last else 1)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Graph, list[Array]]:
    """The last time of two layers over one sequence, forward and backward, side by side, as PyTorch has it."""
    batches, steps, depth = (draw(st.integers(least, 4)) for least in (1, 2, 1))
    layers, values = [], []
    for backward in (False, True):
        layer, (_, *states) = draw(grus(of=(steps, batches, depth)))
        layer.backward, layer.time_major, layer.last_only = backward, True, False
        layer.y.shape = layer.infer_shapes()[0]
        layers.append(layer)
        values += states
    x = layers[0].x
    layers[1].inputs[0] = x
    units = [layer.units for layer in layers]
    both = Tensor("both", (steps, batches, sum(units)), x.dtype)
    made: list[Operator] = [*layers, ops.Concat(inputs=[layer.y for layer in layers], outputs=[both], axis=2)]
    last = Tensor("last", (batches, sum(units)), x.dtype)
    index = Tensor("index", (), DType.INT64, None, np.array(steps - 1))
    made.append(ops.Gather(inputs=[both, index], outputs=[last], axis=0))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    given = [rng.normal(0, 1, x.shape).astype(np.float32), *values]
    return Graph("pair", [x, *(layer.hidden for layer in layers)], [last], made), given


@given(case=pairs())
def test_both_directions(case: tuple[Graph, list[Array]]) -> None:
    """The backward layer computes one step."""
    graph, values = case
    before, then = both(graph, values)
    np.testing.assert_array_equal(then, before, strict=True)
    layers = [op for op in graph.operators if isinstance(op, Recurrent)]
    assert all(layer.last_only for layer in layers)
    assert layers[1].steps == 1


@given(case=grus().filter(lambda case: not case[0].last_only))
def test_output_kept(case: tuple[ops.Unary, list[Array]]) -> None:
    """A sequence that is an output stays."""
    layer, values = case
    graph = Graph("layer", layer.activations, [layer.y], [layer])
    before, then = both(graph, values)
    np.testing.assert_array_equal(then, before, strict=True)
    assert then.ndim == 3
