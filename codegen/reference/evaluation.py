"""One table of meanings, and how to evaluate an operator or a whole graph with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from codegen.ir import Array, DType, Graph, Operator, Tensor
from codegen.reference import (
    activation,
    batch_matmul,
    binary,
    custom,
    elementwise,
    float32,
    functions,
    gather,
    int16,
    linear,
    movement,
    normalization,
    norms,
    pool,
    quantize,
    recurrent,
    reduction,
    resize,
    scatter,
)

Meaning = Callable[[Any, Sequence[Any]], list[Array]]
"""The outputs of an operator, from the operator and the values of its inputs (None where one is missing)."""

MEANINGS: Mapping[type[Operator], Meaning] = {
    **linear.MEANINGS,
    **binary.MEANINGS,
    **pool.MEANINGS,
    **activation.MEANINGS,
    **movement.MEANINGS,
    **elementwise.MEANINGS,
    **functions.MEANINGS,
    **reduction.MEANINGS,
    **gather.MEANINGS,
    **scatter.MEANINGS,
    **batch_matmul.MEANINGS,
    **norms.MEANINGS,
    **normalization.MEANINGS,
    **resize.MEANINGS,
    **quantize.MEANINGS,
    **recurrent.MEANINGS,
    **custom.MEANINGS,
}


SPECIAL: Mapping[DType, Mapping[type[Operator], Meaning]] = {
    DType.FLOAT32: {**float32.MEANINGS, **norms.FLOAT_MEANINGS},
    DType.INT16: int16.MEANINGS,
    DType.UINT8: {**float32.UINT8_MEANINGS, **norms.UINT8_MEANINGS},
}
"""Meanings that go before those, by element type of the output, where it is another computation."""


@runtime_checkable
class Evaluating(Protocol):
    """What an operator of a back-end has whose meaning is the back-end's own."""

    def evaluate(self, inputs: Sequence[Any]) -> list[Array]:
        """The outputs, from the values of the inputs."""
        ...


def meaning_of(op: Operator) -> Meaning:
    """The function that computes `op`."""
    if isinstance(op, Evaluating):
        return lambda _, inputs: op.evaluate(inputs)
    return SPECIAL.get(op.y.dtype, {}).get(type(op)) or MEANINGS[type(op)]


def evaluate(op: Operator, inputs: Sequence[Array | None]) -> list[Array]:
    """Compute one operator.

    Args:
        op: the operator; its tensors give types and quantisation.
        inputs: one array per input, None where an optional input is missing.

    Returns:
        One array per output, of the output's element type, C-contiguous.
    """
    values = meaning_of(op)(op, inputs)
    return [np.ascontiguousarray(v, t.dtype.numpy).reshape(v.shape) for v, t in zip(values, op.outputs, strict=True)]


def run(graph: Graph, inputs: Sequence[Array], states: Mapping[Tensor, Array] | None = None) -> dict[Tensor, Array]:
    """Compute a whole graph, once.

    Args:
        graph: the graph; its operators stand in execution order.
        inputs: one array per graph input, of exactly its shape and type.
        states: what each state's `value` holds; None for the initial values.

    Returns:
        The value of every tensor that occurs in the graph, constants and the next values of states included.
    """
    values = {t: t.value for t in graph.sinks if t.is_constant}
    given = {s.value: s.initial for s in graph.states} if states is None else states
    for tensor, value in (*zip(graph.inputs, inputs, strict=True), *given.items()):
        assert (value.shape, value.dtype) == (tensor.shape, tensor.dtype.numpy), tensor.name
        values[tensor] = value
    for op in graph.operators:
        values.update((t, t.value) for t in op.inputs if t is not None and t.is_constant)
        operands = [None if t is None else values[t] for t in op.inputs]
        values.update(zip(op.outputs, evaluate(op, operands), strict=True))
    return values


class Session:
    """A graph with its states: runs that follow each other.

    Attributes:
        graph: the graph.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.reset()

    def reset(self) -> None:
        """Give every state its initial value."""
        self._states = {state.value: state.initial for state in self.graph.states}

    def step(self, inputs: Sequence[Array]) -> list[Array]:
        """Run once and return the outputs; inputs as for :func:`run`."""
        values = run(self.graph, inputs, self._states)
        self._states = {state.value: values[state.next] for state in self.graph.states}
        return [values[tensor] for tensor in self.graph.outputs]
