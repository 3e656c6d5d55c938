"""The graph: operators in execution order between input and output tensors."""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from codegen.ir.operator import Operator
from codegen.ir.tensor import Array, Tensor


@dataclass(eq=False)
class State:
    """A value that survives from run to run, in static single assignment.

    Attributes:
        name: as in the model file.
        value: what operators read: the content at the start of a run.
        next: the content at the end of a run; `value` itself when a run does not change it.
        initial: the content after a reset, of the shape and type of `value`.
    """

    name: str
    value: Tensor
    next: Tensor
    initial: Array


@dataclass(frozen=True, eq=False)
class Narrowed:
    """What a tensor was before channels were taken out of it that are the same for every input.

    Attributes:
        tensor: as it was.
        kept: which of its channels, the last axis, are still there, bool [C].
        values: of all channels, where they were constant, int64 [C].
    """

    tensor: Tensor
    kept: Array
    values: Array

    def widened(self, value: Array) -> Array:
        """The tensor as it was, from its value as it is."""
        whole: Array = np.broadcast_to(self.values.astype(value.dtype), self.tensor.shape).copy()
        whole[..., self.kept] = value
        return whole


@dataclass(eq=False)
class Graph:
    """A network.

    Attributes:
        name: of the model, as a C identifier prefix would be made from it.
        inputs: activations the user writes, in the model's order.
        outputs: tensors the user reads; may hold an input, a constant, or one tensor twice.
        operators: in execution order: a producer stands before its consumers.
        description: free text of the model file ("MLIR Converted."), for the header.
        states: what is kept between runs.
        origins: tensors that have fewer channels than in the model file.
        integer: whether float layers of the file were made integer layers, exact up to a unit of each output.
    """

    name: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    operators: list[Operator] = field(default_factory=list)
    description: str = ""
    states: list[State] = field(default_factory=list)
    origins: dict[Tensor, Narrowed] = field(default_factory=dict)
    integer: bool = False

    @property
    def sources(self) -> list[Tensor]:
        """The activations that no operator writes: inputs and the values of states."""
        return [*self.inputs, *(s.value for s in self.states)]

    @property
    def sinks(self) -> list[Tensor]:
        """The tensors that must be there after the last operator: outputs and the next values of states."""
        return [*self.outputs, *(s.next for s in self.states)]

    def producers(self) -> dict[Tensor, Operator]:
        """The operator that writes each activation."""
        return {t: op for op in self.operators for t in op.outputs}

    def consumers(self) -> dict[Tensor, list[Operator]]:
        """The operators that read each tensor, in order; a missing tensor has none."""
        readers: dict[Tensor, list[Operator]] = defaultdict(list)
        for op in self.operators:
            for t in dict.fromkeys(t for t in op.inputs if t is not None):
                readers[t].append(op)
        return readers

    def replace_tensor(self, old: Tensor, new: Tensor) -> None:
        """Make every reader, every output and every state's next value that is `old` be `new`."""
        for op in self.operators:
            op.inputs = [new if t is old else t for t in op.inputs]
        self.outputs = [new if t is old else t for t in self.outputs]
        for state in self.states:
            state.next = new if state.next is old else state.next

    def copy(self) -> Graph:
        """A graph of its own operators over the same tensors: passes may rewrite one and not the other."""
        operators = []
        for op in self.operators:
            twin = copy.copy(op)
            twin.inputs, twin.outputs = list(op.inputs), list(op.outputs)
            operators.append(twin)
        states = [copy.copy(state) for state in self.states]
        inputs, outputs = list(self.inputs), list(self.outputs)
        return replace(
            self, inputs=inputs, outputs=outputs, operators=operators, states=states, origins=dict(self.origins)
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run."""
        return sum(op.macs() for op in self.operators)
