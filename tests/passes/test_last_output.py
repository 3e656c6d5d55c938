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
def test_last_step(data: st.DataObject, kind: str) -> None:
    layer, values = data.draw(LAYERS[kind].filter(lambda case: not case[0].last_only and case[0].steps > 1))
    last = data.draw(st.booleans())
    ends = (0, layer.steps - 1)
    graph = after(layer, ends[last != layer.backward], transposed=data.draw(st.booleans()))
    before, then = both(graph, values)
    np.testing.assert_array_equal(then, before, strict=True)
    assert any(isinstance(op, Recurrent) and op.last_only for op in graph.operators) == last


@given(case=grus().filter(lambda case: not case[0].last_only))
def test_output_kept(case: tuple[ops.Unary, list[Array]]) -> None:
    """A sequence that is an output stays."""
    layer, values = case
    graph = Graph("layer", layer.activations, [layer.y], [layer])
    before, then = both(graph, values)
    np.testing.assert_array_equal(then, before, strict=True)
    assert then.ndim == 3
