"""Networks of convolutions and recurrent layers, as PyTorch exports them, to C, against onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from codegen.cli import main
from codegen.frontends import load_model
from codegen.ir import Array, ops
from codegen.ir.ops.sequence import Recurrent
from codegen.passes import run_passes

CHANNELS, SAMPLES, UNITS, CLASSES, STEPS = 32, 256, 20, 4, 3
"""Of an EEG classifier."""


class Network:
    """Nodes and constants, one after the other."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(7)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, *shape: int) -> str:
        return self.constant((self.rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32))

    def add(self, op: str, *inputs: str, outputs: int = 1, **fields: Any) -> str:
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **fields))
        return names[0]

    def model(self, inputs: dict[str, tuple[int, ...]], outputs: list[str]) -> bytes:
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()]
        results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
        graph = helper.make_graph(self.nodes, "network", ends, results, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        return model.SerializeToString()


def classifier(op: str, *, both: bool) -> bytes:
    """Two convolutions over time, a recurrent layer (batch first, as PyTorch exports it), the last step's classes."""
    n = Network()
    t = n.add("Relu", n.add("Conv", "x", n.weights(16, CHANNELS, 7), n.weights(16), pads=[3, 3], strides=[2]))
    t = n.add("MaxPool", t, kernel_shape=[2], strides=[2])
    t = n.add("Relu", n.add("Conv", t, n.weights(24, 16, 5), n.weights(24), pads=[2, 2]))
    t = n.add("Transpose", n.add("Transpose", t, perm=[0, 2, 1]), perm=[1, 0, 2])
    directions, gates, states = 1 + both, {"LSTM": 4, "GRU": 3}[op], 1 + (op == "LSTM")
    rows = gates * UNITS
    parameters = [n.weights(directions, rows, 24), n.weights(directions, rows, UNITS), n.weights(directions, 2 * rows)]
    zeros = [n.constant(np.zeros((directions, 1, UNITS), np.float32)) for _ in range(states)]
    fields = {"linear_before_reset": 1} if op == "GRU" else {}
    direction = "bidirectional" if both else "forward"
    t = n.add(op, t, *parameters, "", *zeros, outputs=1 + states, hidden_size=UNITS, direction=direction, **fields)
    t = n.add("Reshape", n.add("Transpose", t, perm=[0, 2, 1, 3]), n.constant(np.array([0, 0, -1])))
    t = n.add("Gather", n.add("Transpose", t, perm=[1, 0, 2]), n.constant(np.array(-1)), axis=1)
    n.add("Gemm", t, n.weights(CLASSES, UNITS * directions), n.weights(CLASSES), transB=1)
    return n.model({"x": (1, CHANNELS, SAMPLES)}, [n.nodes[-1].output[0]])


def streaming(op: str) -> bytes:
    """One step per run; the states are inputs and outputs."""
    n = Network()
    gates, states = {"LSTM": 4, "GRU": 3, "RNN": 1}[op], ["h", "c"][: 1 + (op == "LSTM")]
    rows = gates * UNITS
    parameters = [n.weights(1, rows, CHANNELS), n.weights(1, rows, UNITS), n.weights(1, 2 * rows)]
    n.add(op, "x", *parameters, "", *states, outputs=1 + len(states), hidden_size=UNITS)
    shapes = {"x": (1, 1, CHANNELS), **dict.fromkeys(states, (1, 1, UNITS))}
    return n.model(shapes, list(n.nodes[-1].output))


def verified(content: bytes, inputs: list[list[Array]], outputs: list[list[Array]], folder: Path) -> None:
    """The generated C gives these outputs, run after run."""
    path, io = folder / "network.onnx", folder / "io.npz"
    path.write_bytes(content)
    arrays = {f"c0_in{i}": np.stack(values) for i, values in enumerate(zip(*inputs, strict=True))}
    arrays |= {f"c0_out{i}": np.stack(values) for i, values in enumerate(zip(*outputs, strict=True))}
    np.savez(io, **arrays)
    assert main(["verify", str(path), "--board", "host", "--io", str(io)]) == 0


def theirs(content: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("op", ["LSTM", "GRU"])
def test_classifier(op: str, both: bool, tmp_path: Path) -> None:
    content, rng = classifier(op, both=both), np.random.default_rng(1)
    session = theirs(content)
    inputs = [[rng.normal(0, 1, (1, CHANNELS, SAMPLES)).astype(np.float32)] for _ in range(STEPS)]
    verified(content, inputs, [session.run(None, {"x": x}) for (x,) in inputs], tmp_path)
    graph = load_model(tmp_path / "network.onnx")
    run_passes(graph)
    layers = [each for each in graph.operators if isinstance(each, Recurrent)]
    assert all(layer.last_only for layer in layers)
    assert sum(layer.steps for layer in layers) == SAMPLES // 4 + both
    assert sum(isinstance(each, ops.Transpose) for each in graph.operators) == 1


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
def test_states_are_carried_by_the_caller(op: str, tmp_path: Path) -> None:
    content, rng = streaming(op), np.random.default_rng(1)
    session = theirs(content)
    names = [i.name for i in session.get_inputs()]
    states, inputs, outputs = [np.zeros((1, 1, UNITS), np.float32)] * (len(names) - 1), [], []
    for _ in range(STEPS):
        inputs.append([rng.normal(0, 1, (1, 1, CHANNELS)).astype(np.float32), *states])
        outputs.append(session.run(None, dict(zip(names, inputs[-1], strict=True))))
        states = outputs[-1][1:]
    verified(content, inputs, outputs, tmp_path)
