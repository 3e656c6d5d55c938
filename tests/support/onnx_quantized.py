"""Small random CNNs in ONNX, quantised by onnxruntime.quantization: QDQ and QOperator, every kind of scale and type."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from codegen.ir import Array

OPSET = 17
CALIBRATION = 8


@dataclass(frozen=True)
class Scheme:
    """How a model is quantised."""

    operators: bool
    per_channel: bool
    activations: QuantType
    weights: QuantType

    def __str__(self) -> str:
        form = "qoperator" if self.operators else "qdq"
        grain = "channel" if self.per_channel else "tensor"
        return f"{form}-{grain}-{self.activations.name}-{self.weights.name}"


S8, U8 = QuantType.QInt8, QuantType.QUInt8
SCHEMES = [
    Scheme(operators, per_channel, activations, weights)
    for operators in (False, True)
    for per_channel in (False, True)
    for activations, weights in ((S8, S8), (U8, S8), (U8, U8))
    if not (per_channel and weights is U8)
]


class Net:
    """Layers, one after the other."""

    def __init__(self, seed: int, shape: tuple[int, ...]) -> None:
        self.random = np.random.default_rng(seed)
        self.shape = shape
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Array) -> str:
        """A constant's name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def weights(self, *shape: int) -> str:
        """Random weights."""
        fan_in = max(int(np.prod(shape[1:])), 1)
        return self.constant((self.random.normal(size=shape) / np.sqrt(fan_in)).astype(np.float32))

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A layer's result."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=f"{op}_{name}", **attributes))
        return name

    def model(self, output: str) -> onnx.ModelProto:
        """The model that ends in `output`."""
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)
        y = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "net", [x], [y], self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        return onnx.shape_inference.infer_shapes(made)


def residual(seed: int) -> onnx.ModelProto:
    """Convolutions, a depthwise one, a shortcut, max pool, mean, a matrix."""
    net = Net(seed, (1, 3, 12, 12))
    a = net.add("Relu", net.add("Conv", "x", net.weights(8, 3, 3, 3), net.weights(8), pads=[1, 1, 1, 1]))
    b = net.add("Relu", net.add("Conv", a, net.weights(8, 1, 3, 3), net.weights(8), pads=[1, 1, 1, 1], group=8))
    c = net.add("Conv", b, net.weights(8, 8, 1, 1), net.weights(8))
    d = net.add("MaxPool", net.add("Add", a, c), kernel_shape=[2, 2], strides=[2, 2])
    e = net.add("Flatten", net.add("GlobalAveragePool", d))
    return net.model(net.add("Gemm", e, net.weights(5, 8), net.weights(5), transB=1))


def gated(seed: int) -> onnx.ModelProto:
    """Tables, products, joined channels, average pool, leaky relu."""
    net = Net(seed, (1, 4, 10, 10))
    a = net.add("Conv", "x", net.weights(6, 4, 3, 3), net.weights(6), strides=[2, 2], pads=[0, 0, 1, 1])
    b = net.add("Mul", a, net.add("Sigmoid", a))
    c = net.add("LeakyRelu", net.add("Conv", b, net.weights(4, 6, 3, 3), pads=[1, 1, 1, 1]), alpha=0.1)
    d = net.add("AveragePool", net.add("Concat", b, c, axis=1), kernel_shape=[2, 2], strides=[1, 1])
    e = net.add("Reshape", d, net.constant(np.array([1, -1])))
    return net.model(net.add("MatMul", e, net.weights(160, 4)))


def upsampled(seed: int) -> onnx.ModelProto:
    """A transposed convolution, clip, nearest neighbours, tanh."""
    net = Net(seed, (1, 3, 6, 6))
    a = net.add("Conv", "x", net.weights(6, 3, 3, 3), net.weights(6), pads=[1, 1, 1, 1])
    b = net.add("Clip", a, net.constant(np.float32(0)), net.constant(np.float32(1.5)))
    c = net.add("ConvTranspose", b, net.weights(6, 4, 2, 2), net.weights(4), strides=[2, 2])
    scales = net.constant(np.array([1, 1, 2, 2], np.float32))
    d = net.add(
        "Resize", c, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    )
    return net.model(net.add("Tanh", net.add("Conv", d, net.weights(2, 4, 1, 1), net.weights(2))))


NETWORKS = {"residual": residual, "gated": gated, "upsampled": upsampled}


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, shape: tuple[int, ...], seed: int) -> None:
        random = np.random.default_rng(seed)
        self._inputs = iter([{"x": random.normal(size=shape).astype(np.float32)} for _ in range(CALIBRATION)])

    def get_next(self) -> dict[str, Array] | None:
        """Next calibration input."""
        return next(self._inputs, None)


def quantised(proto: onnx.ModelProto, scheme: Scheme, seed: int = 1) -> onnx.ModelProto:
    """The model as onnxruntime quantises it."""
    shape = tuple(d.dim_value for d in proto.graph.input[0].type.tensor_type.shape.dim)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "float.onnx"), Path(folder, "quantised.onnx")
        onnx.save(proto, source)
        quantize_static(
            source,
            target,
            _Reader(shape, seed),
            quant_format=QuantFormat.QOperator if scheme.operators else QuantFormat.QDQ,
            per_channel=scheme.per_channel,
            activation_type=scheme.activations,
            weight_type=scheme.weights,
        )
        return onnx.load(target)
