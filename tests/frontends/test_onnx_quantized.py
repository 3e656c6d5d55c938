"""Quantised ONNX as onnxruntime makes it: integer layers, at most a unit from what onnxruntime computes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from codegen.boards import find_board
from codegen.frontends import load_model
from codegen.ir import DType, Graph
from codegen.ir.ops import Dequantize
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.reference import Session
from codegen.verify import verify_model
from codegen.verify.units import units
from tests.conftest import FULL
from tests.models.test_models_c import generate
from tests.support.models import model_folder
from tests.support.onnx_models import imported, model, theirs
from tests.support.onnx_quantized import NETWORKS, SCHEMES, Net, Scheme, quantised
from tests.support.tools import need

logging.getLogger().setLevel(logging.ERROR)
HOST = find_board("host")
X = "x"
SMALL = (1, 4, 6, 6)
SEEDS = range(5 if FULL else 1)
STAYS_FLOAT = {
    "qdq": {"tanh"},
    "qoperator": {"tanh", "transpose_conv", "resize_nearest", "transpose"},
}
"""What onnxruntime leaves in float in our networks: a last tanh; transposed convolutions have no QOperator form."""
ACCUMULATED = 4
"""Units at the end of a network of several layers, each one unit off at most; a last softmax would magnify them."""


def conv(net: Net) -> str:
    return net.add("Conv", X, net.weights(5, 4, 3, 3), net.weights(5), pads=[1, 1, 1, 1], strides=[2, 1])


def grouped(net: Net) -> str:
    return net.add("Conv", X, net.weights(6, 2, 3, 3), net.weights(6), group=2, dilations=[1, 2])


def depthwise(net: Net) -> str:
    return net.add("Relu", net.add("Conv", X, net.weights(8, 1, 3, 3), group=4))


def transposed(net: Net) -> str:
    return net.add("ConvTranspose", X, net.weights(4, 3, 3, 3), net.weights(3), strides=[2, 2], pads=[1, 1, 1, 1])


def gemm(net: Net) -> str:
    return net.add("Gemm", net.add("Flatten", X), net.weights(7, 144), net.weights(7), transB=1)


def matmul(net: Net) -> str:
    return net.add("MatMul", X, net.weights(6, 5))


def matrices(net: Net) -> str:
    return net.add("MatMul", X, net.add("Transpose", X, perm=[0, 1, 3, 2]))


def added(net: Net) -> str:
    return net.add("Add", X, net.add("Transpose", X, perm=[0, 1, 3, 2]))


def multiplied(net: Net) -> str:
    return net.add("Mul", X, net.add("Sigmoid", X))


def joined(net: Net) -> str:
    return net.add("Concat", X, net.add("Sigmoid", X), axis=1)


def averaged(net: Net) -> str:
    return net.add("AveragePool", sigmoid(net), kernel_shape=[3, 2], strides=[1, 2])


def largest(net: Net) -> str:
    return net.add("MaxPool", sigmoid(net), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0])


def whole_mean(net: Net) -> str:
    return net.add("GlobalAveragePool", X)


def leaky(net: Net) -> str:
    return net.add("LeakyRelu", X, alpha=0.2)


def shares(net: Net) -> str:
    return net.add("Softmax", X, axis=-1)


def nearest(net: Net) -> str:
    scales = net.constant(np.array([1, 1, 2, 2], np.float32))
    resize = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return net.add("Resize", sigmoid(net), "", scales, **resize)


def bordered(net: Net) -> str:
    return net.add("Pad", X, net.constant(np.array([0, 0, 1, 2, 0, 0, 1, 0])))


def sigmoid(net: Net) -> str:
    return net.add("Sigmoid", X)


LAYERS: list[Callable[[Net], str]] = [
    conv,
    grouped,
    depthwise,
    transposed,
    gemm,
    matmul,
    matrices,
    added,
    multiplied,
    joined,
    averaged,
    largest,
    whole_mean,
    leaky,
    shares,
    nearest,
    bordered,
    sigmoid,
]


def float_layers(graph: Graph) -> set[str]:
    """Kinds of layers that compute in float."""
    return {op.kind for op in graph.operators if op.y.dtype is DType.FLOAT32 and not isinstance(op, Dequantize)}


def off(graph: Graph, proto: onnx.ModelProto, seed: int) -> float:
    """By how many units of its output the graph, before and after the passes, is off."""
    rewritten = graph.copy()
    run_passes(rewritten)
    verify(graph)
    verify(rewritten)
    x = np.random.default_rng(seed).normal(size=graph.inputs[0].shape).astype(np.float32)
    (want,), (unit,) = theirs(proto, {"x": x}), units(graph)
    (got,), (same,) = Session(graph).step([x]), Session(rewritten).step([x])
    np.testing.assert_array_equal(got, same)
    return float(np.abs(got - want).max() / (unit or 1))


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_each_layer_is_a_unit_off_at_most(layer: Callable[[Net], str], scheme: Scheme) -> None:
    for seed in SEEDS:
        net = Net(seed, SMALL)
        output = layer(net)
        proto = quantised(net.model(output), scheme)
        graph = imported(proto)
        assert off(graph, proto, seed) <= 1.0001
        if not scheme.operators:
            assert not float_layers(graph)
            assert graph.integer


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, scheme: Scheme) -> None:
    for seed in SEEDS:
        proto = quantised(NETWORKS[name](seed), scheme)
        graph = imported(proto)
        assert float_layers(graph) <= STAYS_FLOAT[str(scheme).split("-")[0]]
        assert off(graph, proto, seed) <= ACCUMULATED


@pytest.mark.parametrize("scheme", SCHEMES if FULL else SCHEMES[::3], ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_c_computes_the_integer_network(name: str, scheme: Scheme, tmp_path: Path) -> None:
    need("cc")
    path = tmp_path / "model.onnx"
    onnx.save(quantised(NETWORKS[name](7), scheme), path)
    package, graph = generate(path, HOST, tmp_path)
    report = verify_model(package, "net", graph, HOST)
    assert report.passed, report.text()
    assert report.units_off is None  # numpy's meaning is the integer network itself


@pytest.mark.models
def test_dronet_is_an_integer_network(tmp_path: Path) -> None:
    need("cc")
    folder = model_folder("derived_pulp_dronet_qdq_onnx")
    graph = load_model(folder / "model.onnx")
    assert not float_layers(graph)
    assert sum(op.kind == "conv_2d" for op in graph.operators) == 10
    package, graph = generate(folder / "model.onnx", HOST, tmp_path)
    report = verify_model(package, "net", graph, HOST, folder / "io.npz")
    assert report.passed, report.text()
    assert report.units_off == 0
    assert "off by one unit" in report.text()


def test_one_unit_passes_and_two_do_not(tmp_path: Path) -> None:
    """Golden data of another runtime may be a unit off, and the report counts it."""
    need("cc")
    path = tmp_path / "model.onnx"
    net = Net(1, SMALL)
    onnx.save(quantised(net.model(conv(net)), SCHEMES[0]), path)
    package, graph = generate(path, HOST, tmp_path)
    x = np.random.default_rng(3).normal(size=SMALL).astype(np.float32)
    (y,), (unit,) = Session(graph).step([x]), units(graph)
    for steps, passes in ((1, True), (2, False)):
        other = y.copy()
        other[0, 0, 0, 0] += np.float32(steps * unit)
        np.savez(tmp_path / "io.npz", in0=x, out0=other)
        report = verify_model(package, "net", graph, HOST, tmp_path / "io.npz")
        assert report.passed is passes
        assert report.units_off == 1


def microsoft(op: str, *inputs: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(op, list(inputs), ["y0"], domain="com.microsoft", **attributes)


F32 = np.float32
GRID = {"s": F32(0.02), "z": np.uint8(120), "t": F32(0.03), "u": np.uint8(100)}
ORT_OPERATORS = {
    "QLinearSigmoid": ((X, "s", "z", "t", "u"), {}),
    "QLinearLeakyRelu": ((X, "s", "z", "t", "u"), {"alpha": 0.3}),
    "QLinearGlobalAveragePool": ((X, "s", "z", "t", "u"), {"channels_last": 0}),
    "QLinearAveragePool": ((X, "s", "z", "t", "u"), {"kernel_shape": [2, 2]}),
    "QLinearAdd": ((X, "s", "z", X, "s", "z", "t", "u"), {}),
    "QLinearMul": ((X, "s", "z", X, "s", "z", "t", "u"), {}),
    "QLinearConcat": (("t", "u", X, "s", "z", X, "t", "z"), {"axis": 1}),
}


@pytest.mark.parametrize("op", ORT_OPERATORS)
def test_operators_of_onnxruntime(op: str) -> None:
    inputs, attributes = ORT_OPERATORS[op]
    x = np.random.default_rng(1).integers(0, 256, SMALL).astype(np.uint8)
    made = _with_microsoft(microsoft(op, *inputs, **attributes), x)
    graph = imported(made)
    assert not [op for op in graph.operators if op.y.dtype is DType.FLOAT32]
    (want,), (got,) = theirs(made, {"x": x}), Session(graph).step([x])
    assert got.dtype == want.dtype
    assert np.abs(got.astype(int) - want).max() <= 1


def _with_microsoft(node: onnx.NodeProto, x: np.ndarray) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)]
    result = helper.make_tensor_value_info("y0", TensorProto.UINT8, None)
    constants = [numpy_helper.from_array(np.asarray(v), n) for n, v in GRID.items()]
    graph = helper.make_graph([node], "g", values, [result], constants)
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=9)


@pytest.mark.parametrize("factor", [1.0, 0.0, -1.0, 1e-20])
def test_dynamic_quantisation(factor: float) -> None:
    """Scale and zero point at run time: bytes as onnxruntime's, sums exact."""
    random = np.random.default_rng(4)
    x = (np.abs(random.normal(size=(3, 8))) * factor).astype(np.float32)
    weights = random.integers(-128, 128, (8, 5)).astype(np.int8)
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "y1", "z"]),
        helper.make_node("MatMulInteger", ["q", "w", "z"], ["y0"]),
    ]
    proto = model(nodes, {"x": x}, {"w": weights}, outputs=2, opset=17)
    want, got = theirs(proto, {"x": x}), Session(imported(proto)).step([x])
    np.testing.assert_array_equal(got[0], want[0])
    np.testing.assert_allclose(got[1], want[1], rtol=1e-6)


@pytest.mark.parametrize("zero", [None, np.uint8(7)])
@pytest.mark.parametrize("op", ["MatMulInteger", "ConvInteger"])
def test_integer_sums_are_exact(op: str, zero: np.uint8 | None) -> None:
    random = np.random.default_rng(2)
    x = random.integers(0, 256, SMALL).astype(np.uint8)
    shape = (6, 5) if op == "MatMulInteger" else (3, 4, 3, 3)
    weights = random.integers(-128, 128, shape).astype(np.int8)
    given = {"w": weights} if zero is None else {"w": weights, "z": np.asarray(zero)}
    proto = model([helper.make_node(op, ["x", *given], ["y0"])], {"x": x}, given, opset=17)
    (want,), (got,) = theirs(proto, {"x": x}), Session(imported(proto)).step([x])
    np.testing.assert_array_equal(got, want)
