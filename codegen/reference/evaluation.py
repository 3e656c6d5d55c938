"""One table of meanings, and how to evaluate an operator or a whole graph with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, Graph, Operator, Tensor
from codegen.reference import activation, binary, linear, movement, pool, quantize, resize

Meaning = Callable[[Any, Sequence[Any]], list[Array]]
"""The outputs of an operator, from the operator and the values of its inputs (None where one is missing)."""

MEANINGS: Mapping[type[Operator], Meaning] = {
    **linear.MEANINGS,
    **binary.MEANINGS,
    **pool.MEANINGS,
    **activation.MEANINGS,
    **movement.MEANINGS,
    **resize.MEANINGS,
    **quantize.MEANINGS,
}


def evaluate(op: Operator, inputs: Sequence[Array | None]) -> list[Array]:
    """Compute one operator.

    Args:
        op: the operator; its tensors give types and quantisation.
        inputs: one array per input, None where an optional input is missing.

    Returns:
        One array per output, of the output's element type, C-contiguous.
    """
    values = MEANINGS[type(op)](op, inputs)
    return [np.ascontiguousarray(v, t.dtype.numpy).reshape(v.shape) for v, t in zip(values, op.outputs, strict=True)]


def run(graph: Graph, inputs: Sequence[Array]) -> dict[Tensor, Array]:
    """Compute a whole graph.

    Args:
        graph: the graph; its operators stand in execution order.
        inputs: one array per graph input, of exactly its shape and type.

    Returns:
        The value of every tensor that occurs in the graph, constants included.
    """
    values = {t: t.value for t in graph.outputs if t.is_constant}
    for tensor, value in zip(graph.inputs, inputs, strict=True):
        assert (value.shape, value.dtype) == (tensor.shape, tensor.dtype.numpy), tensor.name
        values[tensor] = value
    for op in graph.operators:
        values.update((t, t.value) for t in op.inputs if t is not None and t.is_constant)
        operands = [None if t is None else values[t] for t in op.inputs]
        values.update(zip(op.outputs, evaluate(op, operands), strict=True))
    return values
