"""Small graphs for tests of passes and schedule: tensors in one line, operators in one line."""

from __future__ import annotations

import numpy as np

from codegen.ir import DType, Graph, Operator, Quantization, Tensor

Q = Quantization((0.05,), (-3,))


def activation(name: str, *shape: int, quant: Quantization | None = Q, dtype: DType = DType.INT8) -> Tensor:
    """A tensor that is known at run time."""
    return Tensor(name, shape, dtype, quant)


def constant(
    name: str, *shape: int, quant: Quantization | None = Q, dtype: DType = DType.INT8, seed: int = 0
) -> Tensor:
    """A tensor with random data."""
    low, high = (-127, 128) if dtype is DType.INT8 else (-1000, 1000)
    data = np.random.default_rng(seed).integers(low, high, shape).astype(dtype.numpy)
    return Tensor(name, shape, dtype, quant, data)


def chain(x: Tensor, *operators: Operator) -> Graph:
    """A graph from `x` to the last operator's outputs."""
    return Graph("test", [x], list(operators[-1].outputs), list(operators))


def kinds(graph: Graph) -> list[str]:
    """The operators' kinds in order."""
    return [op.kind for op in graph.operators]
