"""LSTM, GRU and RNN of ONNX against onnxruntime, over several runs with the states carried over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir import Array, Graph
from codegen.reference import Session
from tests.support.onnx_recurrent import GATES, RecurrentModel, recurrent_models

RUNS = 3
BOUND = 1e-5
"""Of the largest value: onnxruntime adds in float32, codegen.reference in double."""


def imported(content: bytes, folder: Path) -> Graph:
    """The graph of a file."""
    path = folder / "model.onnx"
    path.write_bytes(content)
    return load_model(path)


def theirs(content: bytes) -> onnxruntime.InferenceSession:
    """The model in onnxruntime, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def runs(model: RecurrentModel, session: onnxruntime.InferenceSession) -> list[tuple[dict[str, Array], list[Array]]]:
    """Inputs and outputs of runs whose states are the last outputs of the run before."""
    rng = np.random.default_rng(0)
    states = [n for n in model.shapes if n != "X" and f"Y_{n.lower()}" in model.outputs]
    fed = {n: rng.normal(0, 1, shape).astype(np.float32) for n, shape in model.shapes.items()}
    done = []
    for _ in range(RUNS):
        fed = {**fed, "X": rng.normal(0, 1, model.shapes["X"]).astype(np.float32)}
        outputs = session.run(None, fed)
        done.append((fed, outputs))
        fed = {**fed, **{n: outputs[i] for n, i in zip(states, model.states, strict=True)}}
    return done


@pytest.mark.parametrize("op", GATES)
@given(data=st.data())
def test_against_onnxruntime(data: st.DataObject, op: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    model: RecurrentModel = data.draw(recurrent_models(op))
    graph = imported(model.content, tmp_path_factory.mktemp("model"))
    session = Session(graph)
    for fed, wanted in runs(model, theirs(model.content)):
        for mine, want in zip(session.step([fed[t.name] for t in graph.inputs]), wanted, strict=True):
            assert mine.shape == want.shape
            np.testing.assert_allclose(mine, want, rtol=0, atol=BOUND * max(1.0, float(np.abs(want).max())))


def with_layout(content: bytes) -> onnx.ModelProto:
    """The same layer with the batch in front."""
    model = onnx.load_from_string(content)
    (node,) = model.graph.node
    for attribute in node.attribute:
        if attribute.name == "layout":
            attribute.i = 1
    for value in model.graph.input:
        sizes = [d.dim_value for d in value.type.tensor_type.shape.dim]
        value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, [sizes[1], sizes[0], sizes[2]]))
    for constant in [c for c in model.graph.initializer if c.name in {"H", "C"}]:
        constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant).swapaxes(0, 1), constant.name))
    return model


@pytest.mark.parametrize("op", GATES)
@given(data=st.data())
def test_batch_in_front(data: st.DataObject, op: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Layout 1 is layout 0 with axes exchanged, in inputs and outputs."""
    model: RecurrentModel = data.draw(recurrent_models(op))
    folder = tmp_path_factory.mktemp("model")
    first, second = imported(model.content, folder), imported(with_layout(model.content).SerializeToString(), folder)
    rng = np.random.default_rng(0)
    fed = [rng.normal(0, 1, t.shape).astype(np.float32) for t in first.inputs]
    plain = Session(first).step(fed)
    exchanged = Session(second).step([np.ascontiguousarray(v.swapaxes(0, 1)) for v in fed])
    for name, a, b in zip(model.outputs, plain, exchanged, strict=True):
        np.testing.assert_array_equal(b, np.moveaxis(a, 2, 0) if name == "Y" else a.swapaxes(0, 1), strict=True)


REFUSED = {
    "lengths": ({}, {"lens": np.array([2], np.int32)}, "lengths of their own"),
    "activation": ({"activations": ["Sigmoid", "Cube"]}, {}, "'Cube' is not supported"),
    "too many": ({"activations": ["Sigmoid"]}, {}, "1 activations, not 2"),
    "no alpha": ({"activations": ["Affine", "Tanh"]}, {}, "has no activation_alpha"),
    "direction": ({"direction": "sideways"}, {}, "'sideways'"),
    "size": ({"hidden_size": 5}, {}, "hidden_size is 5"),
    "shape": ({}, {"R": np.zeros((1, 9, 2), np.float32)}, "W is float32"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    fields, changed, text = REFUSED[case]
    values = {"W": np.zeros((1, 9, 4), np.float32), "R": np.zeros((1, 9, 3), np.float32), **changed}
    inputs = ["X", "W", "R", "", "lens"] if "lens" in values else ["X", "W", "R"]
    graph = helper.make_graph(
        [helper.make_node("GRU", inputs, ["Y"], **fields)],
        "gru",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, (3, 1, 4))],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, n) for n, v in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    with pytest.raises(GencError, match=text):
        imported(model.SerializeToString(), tmp_path)
