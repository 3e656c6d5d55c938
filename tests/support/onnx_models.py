"""Small ONNX models, and what onnxruntime makes of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from codegen.frontends import load_model
from codegen.frontends.options import NO_OPTIONS, ImportOptions
from codegen.ir import Array, Graph

OPSET = 21
IR_VERSION = 10


def one_node(
    op: str,
    inputs: Mapping[str, Array],
    constants: Mapping[str, Array | None],
    outputs: int = 1,
    opset: int = OPSET,
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one operator: its inputs, then its constants (None: left out), in order."""
    names = [*inputs, *(name if value is not None else "" for name, value in constants.items())]
    given = {name: value for name, value in attributes.items() if value is not None}
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], **given)
    return model([node], inputs, {n: v for n, v in constants.items() if v is not None}, outputs=outputs, opset=opset)


def model(
    nodes: Sequence[Any],
    inputs: Mapping[str, Array],
    constants: Mapping[str, Array],
    *,
    outputs: int = 1,
    opset: int = OPSET,
) -> onnx.ModelProto:
    """A model whose outputs are y0, y1, ...; inputs have the shapes and types of these values."""
    values = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in inputs.items()
    ]
    results = [helper.make_tensor_value_info(f"y{i}", TensorProto.UNDEFINED, None) for i in range(outputs)]
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "g", values, results, kept)
    for result in graph.output:
        result.ClearField("type")
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR_VERSION)
    return onnx.shape_inference.infer_shapes(made)


def imported(proto: onnx.ModelProto, options: ImportOptions = NO_OPTIONS) -> Graph:
    """The graph of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        onnx.save(proto, path)
        return load_model(path, options)


def theirs(proto: onnx.ModelProto, inputs: Mapping[str, Array]) -> list[Array]:
    """What onnxruntime computes, on one thread, its optimisers off."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [np.asarray(value) for value in session.run(None, dict(inputs))]
