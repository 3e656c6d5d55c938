"""Conversions at the borders are left to the caller when asked."""

from __future__ import annotations

from codegen.ir import DType, Graph, Quantization, Tensor, ops
from codegen.passes.quantized_borders import quantized_borders

QUANT = Quantization((0.5,), (-3,))


def tensors() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    floats = [Tensor(name, (1, 4), DType.FLOAT32) for name in ("x", "y")]
    integers = [Tensor(name, (1, 4), DType.INT8, QUANT) for name in ("qx", "qy")]
    return floats[0], integers[0], integers[1], floats[1]


def network() -> tuple[Graph, list]:
    x, qx, qy, y = tensors()
    operators = [
        ops.Quantize(inputs=[x], outputs=[qx]),
        ops.Relu(inputs=[qx], outputs=[qy]),
        ops.Dequantize(inputs=[qy], outputs=[y]),
    ]
    return Graph("net", [x], [y], operators), operators


def test_integers_take_the_place_of_floats() -> None:
    graph, operators = network()
    stripped = quantized_borders(graph)
    assert stripped.operators == [operators[1]]
    assert stripped.inputs == [operators[0].y]
    assert stripped.outputs == [operators[2].x]
    assert len(graph.operators) == 3


def test_a_float_input_with_another_reader_stays() -> None:
    graph, operators = network()
    other = ops.Relu(inputs=[graph.inputs[0]], outputs=[Tensor("other", (1, 4), DType.FLOAT32)])
    graph.operators.append(other)
    graph.outputs.append(other.y)
    assert quantized_borders(graph).inputs == graph.inputs
    assert operators[0] in quantized_borders(graph).operators


def test_a_dequantised_value_that_is_read_inside_is_still_computed() -> None:
    graph, operators = network()
    graph.operators.append(ops.Relu(inputs=[graph.outputs[0]], outputs=[Tensor("more", (1, 4), DType.FLOAT32)]))
    graph.outputs.append(graph.operators[-1].y)
    stripped = quantized_borders(graph)
    assert operators[2] in stripped.operators
    assert stripped.outputs == [operators[2].x, graph.operators[-1].y]
