"""Runs a Program with states step after step, on memory that is worthless wherever no state is promised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codegen.ir import Array, Graph, Tensor
from codegen.schedule.program import Program
from tests.support import toy_backend
from tests.support.arena_machine import Evaluate, Machine


class StateMachine(Machine):
    """An instance: arena and state part in one."""

    def __init__(self, program: Program, evaluate: Evaluate, seed: int = 0) -> None:
        super().__init__(program, evaluate, seed)
        self.arena = self.garbage(program.arena_bytes + program.state_bytes)
        for state in program.graph.states:
            self.bytes_of(state.value)[:] = np.ascontiguousarray(state.initial).reshape(-1).view(np.uint8)

    def step(self, inputs: Sequence[Array]) -> list[Array]:
        """Forget everything but the states, then run."""
        kept = [(s.value, self.bytes_of(s.value).copy()) for s in self.program.graph.states]
        self.arena[:] = self.garbage(len(self.arena))
        for value, content in kept:
            self.bytes_of(value)[:] = content
        return self.run(inputs)


class ToySession:
    """What a graph of toy operators means over several runs."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.states = {s.value: s.initial for s in graph.states}

    def step(self, inputs: Sequence[Array]) -> list[Array]:
        values: dict[Tensor, Array] = {**self.states, **dict(zip(self.graph.inputs, inputs, strict=True))}
        values.update({t: t.value for t in self.graph.sinks if t.is_constant})
        for op in self.graph.operators:
            operands = [t.value if t.is_constant else values[t] for t in op.inputs if t is not None]
            values.update(zip(op.outputs, toy_backend.evaluate(op, operands), strict=True))
        self.states = {s.value: values[s.next] for s in self.graph.states}
        return [values[t] for t in self.graph.outputs]
