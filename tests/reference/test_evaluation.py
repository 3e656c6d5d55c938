"""What the front-end folds: shapes and constants in plain types; and whole graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from codegen.ir import REGISTRY, Activation, DType, Graph, Operator, Quantization, Tensor, ops
from codegen.reference import evaluate, run
from codegen.reference.evaluation import MEANINGS

Array = npt.NDArray[Any]


def tensor(value: Array | None = None, dtype: DType = DType.INT32, quant: Quantization | None = None) -> Tensor:
    """A tensor of the value's shape; the meanings read only types and quantisation."""
    return Tensor("t", () if value is None else value.shape, dtype, quant)


def fold(kind: type[Operator], *values: Array, dtype: DType = DType.INT32, **fields: Any) -> Array:
    """The one output of an operator on plain values."""
    inputs: list[Tensor | None] = [tensor(v, DType(v.dtype.name)) for v in values]
    return evaluate(kind(inputs=inputs, outputs=[tensor(dtype=dtype)], **fields), list(values))[0]


def test_every_operator_has_a_meaning() -> None:
    assert set(REGISTRY.values()) == set(MEANINGS)


@pytest.mark.parametrize("dtype", [DType.INT32, DType.INT64, DType.FLOAT32])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ops.Add, [5, -5]),
        (ops.Sub, [1, -3]),
        (ops.Mul, [6, 4]),
        (ops.Maximum, [3, -1]),
        (ops.Minimum, [2, -4]),
    ],
)
def test_plain_arithmetic(kind: type[Operator], expected: list[int], dtype: DType) -> None:
    a, b = np.array([3, -4], dtype.numpy), np.array([2, -1], dtype.numpy)
    result = fold(kind, a, b, dtype=dtype)
    assert result.dtype == dtype.numpy
    np.testing.assert_array_equal(result, expected)


def test_plain_arithmetic_with_a_fused_activation() -> None:
    a = np.array([-9, 3, 7], np.float32)
    np.testing.assert_array_equal(
        fold(ops.Add, a, np.float32([0]), dtype=DType.FLOAT32, activation=Activation.RELU6), [0, 3, 6]
    )


def test_int32_wraps() -> None:
    assert fold(ops.Add, np.array([2**31 - 1], np.int32), np.array([1], np.int32))[0] == -(2**31)


def test_a_shape_subgraph() -> None:
    """SHAPE, SLICE, CONCAT: how converters write a reshape of unknown batch; x need have no value."""
    x = Tensor("x", (1, 4, 4, 8), DType.INT8)
    shape = Tensor("shape", (4,), DType.INT32)
    (dims,) = evaluate(ops.Shape(inputs=[x], outputs=[shape]), [None])
    np.testing.assert_array_equal(dims, np.array([1, 4, 4, 8], np.int32), strict=True)
    batch = fold(ops.Slice, dims, begin=(0,), size=(1,), strides=(1,))
    np.testing.assert_array_equal(fold(ops.Concat, batch, np.array([-1], np.int32), axis=0), [1, -1])


def test_scalars_keep_their_rank() -> None:
    assert fold(ops.Reshape, np.array([7], np.int32), shape=()).shape == ()
    assert fold(ops.Slice, np.array(7, np.int32), begin=(), size=(), strides=()) == 7


def test_weights_are_dequantised_per_channel() -> None:
    weights = np.array([[2, -4], [2, -4]], np.int8)
    x = tensor(weights, DType.INT8, Quantization((0.5, 2.0), (0, 0), 0))
    op = ops.Dequantize(inputs=[x], outputs=[tensor(weights, DType.FLOAT32)])
    np.testing.assert_array_equal(evaluate(op, [weights])[0], np.float32([[1, -2], [4, -8]]), strict=True)


def test_lookup_is_indexed_by_the_byte() -> None:
    table = np.arange(256).astype(np.uint8)[::-1].view(np.int8).copy()
    x = np.array([0, 1, 127, -128, -1], np.int8)
    quant = Quantization((1.0,), (0,))
    inputs: list[Tensor | None] = [tensor(x, DType.INT8, quant), tensor(table, DType.INT8, quant)]
    op = ops.Lookup(inputs=inputs, outputs=[tensor(x, DType.INT8, quant)])
    np.testing.assert_array_equal(evaluate(op, [x, table])[0], [-1, -2, -128, 127, 0])


def test_run_gives_every_tensor() -> None:
    """An input that is also an output, a constant output, and a value in between."""
    x, y, z = (Tensor(name, (2,), DType.INT32) for name in "xyz")
    one = Tensor("one", (2,), DType.INT32, data=np.array([1, 1], np.int32))
    graph = Graph("g", [x], [x, z, one])
    graph.operators = [ops.Add(inputs=[x, one], outputs=[y]), ops.Mul(inputs=[y, y], outputs=[z])]
    values = run(graph, [np.array([2, 3], np.int32)])
    assert {t.name: v.tolist() for t, v in values.items()} == {"x": [2, 3], "one": [1, 1], "y": [3, 4], "z": [9, 16]}


def test_inputs_are_checked() -> None:
    graph = Graph("g", [Tensor("x", (2,), DType.INT32)], [])
    with pytest.raises(AssertionError, match="x"):
        run(graph, [np.array([1, 2, 3], np.int32)])
