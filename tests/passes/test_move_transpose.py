"""Transposes move and vanish; the graph means the same."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from codegen.ir import DType, Graph, Operator, Tensor, ops
from codegen.passes import run_passes
from codegen.reference import Session

TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)


def tensor(name: str, *shape: int) -> Tensor:
    return Tensor(name, shape, DType.FLOAT32)


def transposed(x: Tensor, name: str, perm: tuple[int, ...]) -> Operator:
    y = tensor(name, *(x.shape[axis] for axis in perm))
    return ops.Transpose(inputs=[x], outputs=[y], perm=perm, name=name)


def between() -> Graph:
    """A transpose inside the region: both its ends are held in another order."""
    x = tensor("x", 1, 4, 4, 3)
    first = transposed(x, "a", TO_NCHW)
    relu = ops.Relu(inputs=[first.y], outputs=[tensor("r", 1, 3, 4, 4)], name="r")
    swapped = transposed(relu.y, "b", (0, 1, 3, 2))
    total = ops.Add(inputs=[relu.y, swapped.y], outputs=[tensor("c", 1, 3, 4, 4)], name="c")
    last = transposed(total.y, "y", TO_NHWC)
    return Graph("between", [x], [last.y], [first, relu, swapped, total, last])


def there_and_back() -> Graph:
    x = tensor("x", 1, 4, 5, 3)
    first = transposed(x, "a", TO_NCHW)
    norm = ops.Normalization(inputs=[first.y], outputs=[tensor("n", 1, 3, 4, 5)], name="n", axes=(2, 3))
    last = transposed(norm.y, "y", TO_NHWC)
    return Graph("there and back", [x], [last.y], [first, norm, last])


@pytest.mark.parametrize(("make", "left"), [(between, 1), (there_and_back, 0)])
def test_fewer_transposes(make: object, left: int) -> None:
    assert callable(make)
    graph = make()
    x = np.random.default_rng(0).normal(size=graph.inputs[0].shape).astype(np.float32)
    (before,) = Session(copy.copy(graph)).step([x])
    run_passes(graph)
    (after,) = Session(graph).step([x])
    np.testing.assert_allclose(after, before, rtol=1e-6)
    assert sum(isinstance(op, ops.Transpose) for op in graph.operators) == left
