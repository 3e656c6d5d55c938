"""The verifier finds each broken invariant and names the operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from codegen.ir import DType, Graph, Quantization
from codegen.ir.ops import Add, FullyConnected, Relu, Split
from codegen.ir.verifier import GraphError, verify
from tests.support.graphs import Q, activation, constant


def _graph() -> Graph:
    """Two layers: a matrix product and a residual sum."""
    x, a, y = (activation(n, 1, 4) for n in "xay")
    bias = constant("b", 4, dtype=DType.INT32, quant=None)
    weights = constant("w", 4, 4, quant=Quantization((0.1,), (0,)))
    dense = FullyConnected(inputs=[x, weights, bias], outputs=[a], name="dense")
    total = Add(inputs=[a, x], outputs=[y], name="sum", source="ADD #1")
    return Graph("g", [x], [y], [dense, total])


def _reverse(graph: Graph) -> None:
    graph.operators.reverse()


def _write_twice(graph: Graph) -> None:
    graph.operators.append(Relu(inputs=[graph.inputs[0]], outputs=[graph.outputs[0]], name="again"))


def _write_an_input(graph: Graph) -> None:
    graph.operators.append(Relu(inputs=[graph.outputs[0]], outputs=[graph.inputs[0]], name="loop"))


def _write_a_constant(graph: Graph) -> None:
    graph.outputs[0].data = np.zeros((1, 4), np.int8)


def _unwritten_output(graph: Graph) -> None:
    graph.outputs.append(activation("lost", 1))


def _wrong_shape(graph: Graph) -> None:
    graph.outputs[0].shape = (4,)


def _empty_dimension(graph: Graph) -> None:
    graph.inputs[0].shape = (1, 0)


def _wrong_data(graph: Graph) -> None:
    graph.operators[0].operand(1).data = np.zeros((4, 4), np.int16)


def _wrong_type(graph: Graph) -> None:
    graph.outputs[0].dtype, graph.outputs[0].quant = DType.FLOAT32, None


def _missing_quantization(graph: Graph) -> None:
    graph.outputs[0].quant = None


def _too_many_zero_points(graph: Graph) -> None:
    graph.outputs[0].quant = Quantization((0.1,), (0, 0))


def _wrong_channel_count(graph: Graph) -> None:
    graph.operators[0].operand(1).quant = Quantization((0.1, 0.2), (0, 0), axis=0)


def _zero_point_out_of_range(graph: Graph) -> None:
    graph.outputs[0].quant = replace(Q, zero_points=(128,))


def _too_few_outputs(graph: Graph) -> None:
    graph.operators.append(Split(inputs=[graph.outputs[0]], outputs=[], name="cut", axis=1, sizes=()))


def test_a_sound_graph_passes() -> None:
    verify(_graph())


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (_reverse, "ADD #1 \"sum\": tensor 'a' is not yet written"),
        (_write_twice, "'y' has 2 sources"),
        (_write_an_input, "'x' has 2 sources"),
        (_write_a_constant, "'y' has 2 sources"),
        (_unwritten_output, "'lost' has 0 sources"),
        (_wrong_shape, "has shape [4], not [1, 4]"),
        (_empty_dimension, "has shape [1, 0]"),
        (_wrong_data, "its data int16[4, 4]"),
        (_wrong_type, "is float32[1, 4], but"),
        (_missing_quantization, "no quantisation"),
        (_too_many_zero_points, "quantisation of 'y'"),
        (_wrong_channel_count, "quantisation of 'w'"),
        (_zero_point_out_of_range, "quantisation of 'y'"),
        (_too_few_outputs, 'split "cut"'),
    ],
)
def test_damage_is_found(damage: Callable[[Graph], None], text: str) -> None:
    graph = _graph()
    damage(graph)
    with pytest.raises(GraphError) as caught:
        verify(graph)
    assert text in str(caught.value)
