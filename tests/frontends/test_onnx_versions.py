"""Operators whose attributes, inputs or meaning changed between versions, and shapes that the node tests leave out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from codegen.frontends import load_model
from codegen.ir import Array
from codegen.reference import Session

BOUND = 2e-6
"""Of the largest value."""


@dataclass
class Node:
    """One operator on random input.

    Attributes:
        op: its name.
        opset: version of the operator set.
        shapes: of inputs known at run time; float32, or as `types` says.
        attributes: of the operator.
        constants: behind those inputs; None where one is left out.
        outputs: how many.
        types: numpy types of the inputs, where not float32.
        most: integers are below.
    """

    op: str
    opset: int
    shapes: tuple[tuple[int, ...], ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    constants: tuple[Any, ...] = ()
    outputs: int = 1
    types: tuple[str, ...] = ()
    most: int = 3

    def inputs(self) -> list[Array]:
        rng = np.random.default_rng(len(self.op))
        types = [*self.types, *["float32"] * (len(self.shapes) - len(self.types))]
        return [
            rng.normal(0, 1, shape).astype(np.float32)
            if dtype == "float32"
            else rng.integers(-self.most, self.most, shape).astype(dtype)
            for shape, dtype in zip(self.shapes, types, strict=True)
        ]

    def model(self) -> bytes:
        given, names = self.inputs(), [f"x{i}" for i in range(len(self.shapes))]
        known = [(f"c{i}", np.asarray(value)) for i, value in enumerate(self.constants) if value is not None]
        operands = [*names, *("" if v is None else f"c{i}" for i, v in enumerate(self.constants))]
        results = [f"y{i}" for i in range(self.outputs)]
        graph = helper.make_graph(
            [helper.make_node(self.op, operands, results, **self.attributes)],
            "node",
            [
                helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                for n, v in zip(names, given, strict=True)
            ],
            [helper.make_empty_tensor_value_info(name) for name in results],
            [numpy_helper.from_array(value, name) for name, value in known],
        )
        version = helper.make_opsetid("", self.opset)
        return helper.make_model(
            graph, opset_imports=[version], ir_version=min(10, 3 + self.opset // 2)
        ).SerializeToString()


def f32(*values: float) -> Array:
    return np.array(values, np.float32)


def i64(*values: int) -> Array:
    return np.array(values, np.int64)


IMAGE = ((2, 3, 4, 5),)
ADDED, LARGEST = {"axis": 0, "reduction": "add"}, {"axis": 1, "reduction": "max"}

NODES = [
    Node("Softmax", 11, IMAGE),
    Node("Softmax", 11, IMAGE, {"axis": 2}),
    Node("Softmax", 11, IMAGE, {"axis": -1}),
    Node("Softmax", 13, IMAGE, {"axis": 1}),
    Node("LogSoftmax", 11, IMAGE),
    Node("LogSoftmax", 13, IMAGE, {"axis": 0}),
    Node("Hardmax", 11, IMAGE),
    Node("Hardmax", 13, IMAGE, {"axis": 2}),
    Node("Clip", 7, IMAGE, {"min": -0.5, "max": 0.25}),
    Node("Clip", 7, IMAGE, {"min": 0.0}),
    Node("Clip", 13, IMAGE, {}, (None, np.float32(0.5))),
    Node("Clip", 13, ((2, 3), (), ()), {}),
    Node("Clip", 13, IMAGE, {}, (np.int32(-1), np.int32(1)), types=("int32",)),
    Node("ReduceSum", 11, IMAGE, {"axes": [1, -1], "keepdims": 0}),
    Node("ReduceSum", 13, IMAGE, {}, (i64(2),)),
    Node("ReduceSum", 13, IMAGE, {"noop_with_empty_axes": 1}),
    Node("ReduceMean", 11, IMAGE, {"axes": [2, 3]}),
    Node("ReduceMean", 18, IMAGE, {"keepdims": 0}, (i64(0, 1),)),
    Node("ReduceMax", 11, IMAGE, {"axes": [0]}, types=("int32",)),
    Node("ReduceMin", 12, IMAGE, {"axes": [1], "keepdims": 0}, types=("int8",)),
    Node("ReduceL1", 13, IMAGE, {"axes": [1]}),
    Node("ReduceL2", 13, IMAGE, {}),
    Node("ReduceLogSumExp", 13, IMAGE, {"axes": [3]}),
    Node("ReduceProd", 13, ((2, 3),), {}),
    Node("ArgMax", 7, IMAGE, {"axis": 1}),
    Node("ArgMax", 12, IMAGE, {"axis": 1, "select_last_index": 1}, types=("int32",), most=2),
    Node("ArgMin", 12, IMAGE, {"axis": -1, "keepdims": 0, "select_last_index": 1}, types=("int8",), most=2),
    Node("TopK", 7, IMAGE, {"k": 2, "axis": 1}, outputs=2),
    Node("TopK", 10, IMAGE, {"axis": 3}, (i64(3),), outputs=2),
    Node("TopK", 11, IMAGE, {"axis": 0, "largest": 0}, (i64(2),), outputs=2),
    Node("CumSum", 14, IMAGE, {"exclusive": 1, "reverse": 1}, (np.int32(-2),)),
    Node("PRelu", 9, IMAGE, {}, (f32(0.1, 0.2, -0.3).reshape(3, 1, 1),)),
    Node("PRelu", 16, ((2, 3, 4), (3, 1))),
    Node("Pow", 7, IMAGE, {}, (np.float32(2),)),
    Node("Pow", 13, ((2, 3),), {}, (i64(1, 2, 3),)),
    Node("Mod", 13, ((2, 3), (3,)), {"fmod": 1}),
    Node("Sum", 8, ((2, 3), (3,), (2, 1))),
    Node("Mean", 13, ((2, 3), (3,), (2, 1))),
    Node("Max", 8, ((2, 3), (3,))),
    Node("Min", 13, ((2, 3), (3,)), types=("int64", "int64")),
    Node("Sign", 13, IMAGE, types=("int32",)),
    Node("Abs", 13, IMAGE, types=("int64",)),
    Node("Neg", 13, IMAGE, types=("int8",)),
    Node("Div", 14, ((2, 3), (3,)), types=("int64", "int64"), most=50),
    Node("Gelu", 20, IMAGE),
    Node("Gelu", 20, IMAGE, {"approximate": "tanh"}),
    Node("Round", 11, IMAGE),
    Node("Elu", 6, IMAGE, {"alpha": 0.7}),
    Node("Celu", 12, IMAGE, {"alpha": 0.7}),
    Node("Selu", 6, IMAGE),
    Node("ThresholdedRelu", 10, IMAGE, {"alpha": 0.3}),
    Node("Shrink", 9, IMAGE, {"lambd": 0.4, "bias": 0.1}),
    Node("HardSigmoid", 6, IMAGE, {"alpha": 0.4}),
    Node("InstanceNormalization", 6, IMAGE, {}, (f32(1, 2, 3), f32(0.1, 0.2, 0.3))),
    Node("InstanceNormalization", 6, ((2, 3, 7),), {"epsilon": 0.1}, (f32(1, 2, 3), f32(0, 0, 0))),
    Node("LayerNormalization", 17, IMAGE, {"axis": 2}, (np.full((4, 5), 2, np.float32),)),
    Node("LayerNormalization", 17, IMAGE, {}, (f32(1, 2, 3, 4, 5), f32(5, 4, 3, 2, 1)), outputs=3),
    Node("GroupNormalization", 18, ((2, 6, 4, 5),), {"num_groups": 2}, (f32(1, 2), f32(0.5, 0))),
    Node("GroupNormalization", 21, ((2, 6, 7),), {"num_groups": 3}, (f32(1, 2, 3, 4, 5, 6), f32(0, 0, 0, 1, 1, 1))),
    Node("LpNormalization", 1, IMAGE, {"axis": 1, "p": 1}),
    Node("LpNormalization", 1, IMAGE, {"axis": -1}),
    Node("MeanVarianceNormalization", 13, IMAGE),
    Node("LRN", 13, ((1, 7, 2, 3),), {"size": 5, "alpha": 0.3}),
    Node("Gather", 11, IMAGE, {"axis": 2}, (i64(-1, 0, 3),)),
    Node("Gather", 13, ((4, 5), (2, 3)), {"axis": 1}, types=("float32", "int64"), most=5),
    Node("GatherElements", 13, ((4, 5), (2, 3)), {"axis": 1}, types=("float32", "int64"), most=5),
    Node("GatherElements", 11, ((4, 5),), {"axis": 0}, (np.array([[-1, 2], [0, 3]]),)),
    Node("GatherND", 12, ((2, 3, 4), (2, 3, 1)), {"batch_dims": 1}, types=("float32", "int64"), most=3),
    Node("Scatter", 9, ((4, 5),), {"axis": 1}, (np.array([[1, 4]]), f32(1, 2).reshape(1, 2))),
    Node(
        "ScatterElements",
        16,
        ((4, 5),),
        {"axis": 0, "reduction": "add"},
        (i64(1, 1, 1, 3).reshape(2, 2), f32(1, 2, 3, 4).reshape(2, 2)),
    ),
    Node(
        "ScatterElements",
        18,
        ((4, 5),),
        {"axis": 1, "reduction": "max"},
        (np.array([[-1, 2]]), f32(3, -3).reshape(1, 2)),
    ),
    Node("ScatterND", 11, ((4, 5),), {}, (np.array([[-1], [0]]), np.ones((2, 5), np.float32))),
    Node("ScatterND", 16, ((4, 5),), {"reduction": "mul"}, (np.array([[1], [1]]), np.full((2, 5), 2, np.float32))),
    Node("OneHot", 11, ((2, 3),), {"axis": 1}, (np.int64(4), f32(-1, 5)), types=("int64",), most=4),
    Node("Trilu", 14, ((2, 4, 5),), {"upper": 0}, (np.int64(-1),)),
    Node("Compress", 11, ((4, 5),), {"axis": 1}, (np.array([True, False, True]),)),
    Node("ReverseSequence", 10, ((4, 3, 2),), {"time_axis": 0, "batch_axis": 1}, (i64(1, 3, 4),)),
    Node("IsInf", 10, IMAGE),
    Node("BitShift", 11, ((2, 3),), {"direction": "LEFT"}, (np.full(3, 2, np.uint8),), types=("uint8",), most=100),
]


@pytest.mark.parametrize("node", NODES, ids=lambda n: f"{n.op}-{n.opset}-{'-'.join(map(str, n.attributes.values()))}")
def test_like_onnxruntime(node: Node, tmp_path: Path) -> None:
    content = node.model()
    path = tmp_path / "node.onnx"
    path.write_bytes(content)
    given, graph = node.inputs(), load_model(path)
    theirs = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    wanted = theirs.run(None, {f"x{i}": v for i, v in enumerate(given)})
    for mine, want in zip(Session(graph).step(given), wanted, strict=True):
        assert (mine.shape, mine.dtype) == (want.shape, want.dtype)
        largest = float(np.abs(want).max()) if want.dtype.kind == "f" else 1.0
        np.testing.assert_allclose(mine, want, rtol=0, atol=BOUND * max(1.0, largest))
