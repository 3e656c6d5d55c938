"""Float layers between conversions become integer layers; what only looks like them stays in float."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import helper

from codegen.ir import Array, DType, Graph
from codegen.ir.ops import Dequantize, Quantize
from codegen.ir.verifier import verify
from codegen.reference import Session
from tests.support.onnx_models import imported, model, theirs

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(1, 4, 6, 6)).astype(np.float32)
KERNEL = RANDOM.integers(-128, 128, (5, 4, 3, 3)).astype(np.int8)
F32 = np.float32


class Qdq:
    """A model with its conversions, from int8 at scale 0.03 to int8 at `scale`."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def add(self, op: str, *inputs: str, y: str = "", **attributes: Any) -> str:
        name = y or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def bytes(self, x: str, scale: float, zero: int = 3, y: str = "") -> str:
        return self.add("QuantizeLinear", x, self.constant(F32(scale)), self.constant(np.int8(zero)), y=y)

    def floats(self, x: str, scale: float, zero: int = 3) -> str:
        return self.add("DequantizeLinear", x, self.constant(F32(scale)), self.constant(np.int8(zero)))

    def rounded(self, x: str = "x", scale: float = 0.03, zero: int = 3) -> str:
        return self.floats(self.bytes(x, scale, zero), scale, zero)

    def weights(self, axis: int = 0, count: int = 5) -> str:
        scales = self.constant(np.linspace(0.002, 0.004, count).astype(F32))
        zeros = self.constant(np.zeros(count, np.int8))
        return self.add("DequantizeLinear", self.constant(KERNEL), scales, zeros, axis=axis)

    def graph(self, x: str, scale: float = 0.05, zero: int = 3, outputs: int = 1) -> Graph:
        self.bytes(x, scale, zero, y="y0")
        proto = model(self.nodes, {"x": X}, self.constants, outputs=outputs, opset=17)
        graph = imported(proto)
        verify(graph)
        for want, got in zip(theirs(proto, {"x": X}), Session(graph).step([X]), strict=True):
            np.testing.assert_allclose(got.astype(float), want.astype(float), rtol=1e-5, atol=1)
        return graph


def in_float(graph: Graph) -> set[str]:
    return {op.kind for op in graph.operators if op.y.dtype is DType.FLOAT32 and not isinstance(op, Dequantize)}


def test_convolution() -> None:
    q = Qdq()
    graph = q.graph(q.add("Relu", q.add("Conv", q.rounded(), q.weights())), 0.05, -128)
    assert not in_float(graph)
    assert {op.kind for op in graph.operators} == {"quantize", "transpose", "conv_2d", "relu"}


def test_convolution_with_a_float_bias() -> None:
    q = Qdq()
    bias = q.constant(RANDOM.normal(size=5).astype(F32))
    graph = q.graph(q.add("Conv", q.rounded(), q.weights(), bias))
    assert not in_float(graph)


def test_weights_that_were_not_stored_stay_float() -> None:
    q = Qdq()
    kernel = q.constant(RANDOM.normal(size=(5, 4, 3, 3)).astype(F32) * F32(0.2))
    assert "conv_2d" in in_float(q.graph(q.add("Conv", q.rounded(), kernel)))


def test_weights_with_scales_of_input_channels_stay_float() -> None:
    q = Qdq()
    assert "conv_2d" in in_float(q.graph(q.add("Conv", q.rounded(), q.weights(1, 4))))


def test_input_that_was_not_quantised_stays_float() -> None:
    q = Qdq()
    q.floats(q.bytes("x", 0.1), 0.1)
    assert "conv_2d" in in_float(q.graph(q.add("Conv", "x", q.weights())))


def test_result_that_is_read_as_float_stays_float() -> None:
    q = Qdq()
    y = q.add("Conv", q.rounded(), q.weights())
    q.add("Neg", y, y="y1")
    assert "conv_2d" in in_float(q.graph(y, outputs=2))


def test_result_that_is_not_quantised_stays_float() -> None:
    q = Qdq()
    a = q.rounded()
    q.add("Conv", a, q.weights(), y="y1")
    graph = q.graph(q.add("Relu", a), 0.05, outputs=2)
    assert in_float(graph) >= {"conv_2d"}
    assert graph.integer


@pytest.mark.parametrize("op", ["Sigmoid", "Exp", "HardSwish", "Elu", "Softplus"])
def test_functions_are_tables(op: str) -> None:
    q = Qdq()
    graph = q.graph(q.add(op, q.rounded()))
    assert [o.kind for o in graph.operators] == ["quantize", "lookup"]


def test_expression_of_one_tensor_is_a_table() -> None:
    q = Qdq()
    a = q.rounded()
    b = q.add("Div", q.add("Mul", a, q.add("Sigmoid", a)), q.constant(F32(1.5)))
    assert [o.kind for o in q.graph(b).operators] == ["quantize", "lookup"]


def test_expression_of_two_tensors_is_no_table() -> None:
    q = Qdq()
    y = q.add("Mul", q.rounded(), q.add("Sigmoid", q.rounded(scale=0.04)))
    assert in_float(q.graph(y)) == {"mul", "logistic"}


def test_expression_with_a_vector_is_no_table() -> None:
    q = Qdq()
    y = q.add("Mul", q.rounded(), q.constant(RANDOM.normal(size=(1, 1, 1, 6)).astype(F32)))
    assert in_float(q.graph(y)) == {"mul"}


@pytest.mark.parametrize(("scale", "stays"), [(1 / 256, set()), (1 / 255, set()), (1 / 300, {"softmax"})])
def test_softmax(scale: float, stays: set[str]) -> None:
    q = Qdq()
    assert in_float(q.graph(q.add("Softmax", q.rounded(), axis=-1), scale, -128)) == stays


@pytest.mark.parametrize(("pads", "scale", "stays"), [(0, 0.01, False), (1, 0.05, False), (1, 0.01, True)])
def test_average(pads: int, scale: float, stays: bool) -> None:
    q = Qdq()
    y = q.add("AveragePool", q.rounded(), kernel_shape=[3, 3], pads=[pads] * 4)
    assert ("average_pool_2d" in in_float(q.graph(y, scale))) is stays


@pytest.mark.parametrize(("value", "stays"), [(0.0, False), (0.1, True)])
def test_padding_is_a_stored_number(value: float, stays: bool) -> None:
    q = Qdq()
    pads = q.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1]))
    y = q.add("Pad", q.rounded(), pads, q.constant(F32(value)))
    graph = q.graph(q.add("Sigmoid", q.add("Slice", y, *(q.constant(np.array([v])) for v in (0, 7, 2)))))
    assert ("pad" in in_float(graph)) is stays


def test_clip_keeps_bytes() -> None:
    q = Qdq()
    y = q.add("Conv", q.rounded(), q.weights())
    y = q.add("Clip", y, q.constant(F32(-0.5)), q.constant(F32(0.7)))
    assert not in_float(q.graph(y, 0.02))


def test_conversion_between_scales_is_one() -> None:
    q = Qdq()
    graph = q.graph(q.add("Transpose", q.rounded(), perm=[0, 2, 3, 1]))
    assert [type(op) for op in graph.operators].count(Quantize) == 2
    assert not in_float(graph)


def test_float_graph_is_left_alone() -> None:
    q = Qdq()
    graph = q.graph(q.add("Relu", "x"))
    assert not graph.integer
    assert in_float(graph) == {"relu"}
