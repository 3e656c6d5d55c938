"""What a TFLite model keeps between runs, in static single assignment.

Two things hold state: resource variables, which VAR_HANDLE names, READ_VARIABLE and ASSIGN_VARIABLE
use and the subgraph of CALL_ONCE initialises; and variable tensors (`is_variable`), inputs that an
operator such as an LSTM changes.  Operators are imported in the order of their execution, so that at
any point a variable is one tensor: the state's value at first, then whatever was assigned last.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.schema import FileModel, FileOperator, text
from codegen.frontends.tflite.tensors import check_shape
from codegen.ir import Array, Graph, Operator, State, Tensor

OPERATORS = {
    "ASSIGN_VARIABLE": (
        "Gives a resource variable a new value, which the next run reads.",
        "Shape and element type of the variable stay the same.",
    ),
    "CALL_ONCE": (
        "Gives resource variables their initial values, which a reset restores.",
        "The subgraph is computed when generating: it assigns constants, or what follows from constants.",
    ),
    "READ_VARIABLE": (
        "The value of a resource variable: of the last run, or assigned before in this one; at first real 0.0.",
        "Element type and quantisation are those of the variable.",
    ),
    "VAR_HANDLE": ("Names a resource variable, which lives in the state part of the instance.", "none"),
}
"""What they mean, and their limits; they become states of the graph, not operators."""

FIXED_CURE = "Keep the variable's shape, element type and quantisation the same in all places."


@dataclass(eq=False)
class Variable:
    """A resource variable or a variable tensor.

    Attributes:
        name: as in the file.
        changes: an operator of the main subgraph assigns it; else it is a constant.
        initial: its first content; None as long as nothing gives one: then it is real 0.0.
        value: its content at the start of a run; None when no operator reads that.
        now: its content at this point of the walk; None at the start of a run.
    """

    name: str
    changes: bool = True
    initial: Array | None = None
    value: Tensor | None = None
    now: Tensor | None = None

    def read(self, declared: Tensor) -> Tensor:
        """Its content now.

        Args:
            declared: the tensor as the reader has it: gives type and quantisation, and the shape
                when nothing else does.

        Raises:
            RefusedError: the content has another type or quantisation.
        """
        if self.now is None:
            self.now = self._start(declared)
        if (self.now.dtype, self.now.quant) != (declared.dtype, declared.quant):
            raise RefusedError(f"it reads {self.name!r} as another type than it has", FIXED_CURE)
        return self.now

    def _start(self, declared: Tensor) -> Tensor:
        """The content at the start of a run."""
        if self.initial is None:
            check_shape(declared.name, declared.shape, declared.dtype)
            zero = declared.quant.zero_points[0] if declared.quant else 0
            self.initial = np.full(declared.shape, zero, declared.dtype.numpy)
        if self.initial.dtype != declared.dtype.numpy:
            reason = f"it reads {self.name!r} as {declared.dtype.value}; the initial value is {self.initial.dtype}"
            raise RefusedError(reason, FIXED_CURE)
        start = Tensor(self.name, self.initial.shape, declared.dtype, declared.quant)
        if self.changes:
            self.value = start
        else:
            start.data = self.initial
        return start

    def assign(self, tensor: Tensor) -> None:
        """Make `tensor` its content.

        Raises:
            RefusedError: the content would have another type or shape than before.
        """
        if self.value is not None and (self.value.shape, self.value.dtype) != (tensor.shape, tensor.dtype):
            reason = f"it assigns {tensor.type_text} to {self.name!r}, which is {self.value.type_text}"
            raise RefusedError(reason, FIXED_CURE)
        self.now = tensor

    def initialise(self, tensor: Tensor) -> None:
        """Make a constant its first content.

        Raises:
            RefusedError: it is not a constant, or the variable was in use before.
        """
        if not tensor.is_constant:
            raise RefusedError(f"the initial value of {self.name!r} is not a constant")
        if self.now is not None:
            raise RefusedError(
                f"{self.name!r} is used before it is initialised", "Let CALL_ONCE be the first operator."
            )
        self.initial = tensor.value


@dataclass(eq=False)
class Variables:
    """All variables of a file.

    Attributes:
        assigned: keys of the resource variables that the main subgraph assigns.
        called: subgraphs that CALL_ONCE has run.
    """

    assigned: frozenset[Hashable] = frozenset()
    called: set[int] = field(default_factory=set)
    _known: dict[Hashable, Variable] = field(default_factory=dict)

    @classmethod
    def of(cls, model: FileModel) -> Variables:
        """The variables of a file, none of them used yet."""
        handles = {op.outputs[0]: _key(op) for op in model.operators if op.name == "VAR_HANDLE" and op.outputs}
        written = (op.inputs[0] for op in model.operators if op.name == "ASSIGN_VARIABLE" and op.inputs)
        return cls(frozenset(handles[index] for index in written if index in handles))

    def resource(self, op: FileOperator) -> Variable:
        """The resource variable that a VAR_HANDLE names."""
        key = _key(op)
        name = text(op.options["SharedName"] or op.options["Container"]) or "state"
        return self._known.setdefault(key, Variable(name, changes=key in self.assigned))

    def tensor(self, index: int, name: str) -> Variable:
        """The variable tensor with an index in the main subgraph."""
        return self._known.setdefault(index, Variable(name))

    def knows_tensor(self, index: int) -> bool:
        """Whether the variable tensor with an index was read already."""
        return index in self._known

    def states(self) -> list[State]:
        """What is read before it is written in a run; what no operator changes becomes a constant."""
        used = [v for v in self._known.values() if v.value is not None]
        for variable in used:
            if variable.value is not None and variable.now is variable.value:
                variable.value.data = variable.initial
        return [
            State(v.name, v.value, v.now, v.initial)
            for v in used
            if v.value is not None and v.now is not None and v.initial is not None and not v.value.is_constant
        ]


def drop_dead_states(graph: Graph) -> None:
    """Take out the states that no output depends on, now or in a later run, and the operators that read them."""
    live = _live(graph)
    dead = {state.value for state in graph.states} - live
    graph.states = [state for state in graph.states if state.value not in dead]
    kept: list[Operator] = []
    for op in graph.operators:
        if dead.isdisjoint(op.activations):
            kept.append(op)
        else:
            dead.update(op.outputs)
    graph.operators = kept


def _key(op: FileOperator) -> Hashable:
    return op.options["Container"], op.options["SharedName"]


def _live(graph: Graph) -> set[Tensor]:
    """The tensors that outputs depend on, now or in a later run."""
    producers, following = graph.producers(), {state.value: state.next for state in graph.states}
    live: set[Tensor] = set()
    waiting = list(graph.outputs)
    while waiting:
        tensor = waiting.pop()
        if tensor in live:
            continue
        live.add(tensor)
        if tensor in producers:
            waiting += [t for t in producers[tensor].inputs if t is not None]
        if tensor in following:
            waiting.append(following[tensor])
    return live
