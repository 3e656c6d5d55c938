"""Random small int8 networks that keep state in resource variables, as TFLite files."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

from tests.support.random_models import MAKERS, MOST_ELEMENTS, RandomModel, Shape, Value
from tests.support.tflite_writer import ModelWriter


@dataclass
class Variable:
    """A resource variable of the network, read through `handle`."""

    handle: int
    name: str
    like: Value


@dataclass
class StatefulModel(RandomModel):
    """A network whose variables may be read and assigned anywhere, any number of times."""

    variables: list[Variable] = field(default_factory=list)
    once: ModelWriter = field(default_factory=ModelWriter)

    def new_variable(self, like: Value) -> Variable:
        """A variable that holds values like `like`, with an initial value."""
        name = f"state{len(self.variables)}"
        low, high = self.rng.choice([(-128, 128), (7, 8)])
        content = np.random.default_rng(self.rng.randrange(2**32)).integers(low, high, like.shape)
        initial = self.once.tensor("initial", like.shape, "int8", *like.quant, data=content)
        self.once.operator("ASSIGN_VARIABLE", [self.once.variable(name), initial], [])
        self.variables.append(Variable(self.writer.variable(name), name, like))
        return self.variables[-1]

    def read_variable(self, variable: Variable) -> Value:
        value = self.value(variable.like.shape, variable.like.quant)
        self.writer.operator("READ_VARIABLE", [variable.handle], [value.index])
        return value

    def assign_variable(self, variable: Variable) -> None:
        """Assign any value of the right shape and quantisation."""
        like = variable.like
        value = self.rng.choice([v for v in self.values if (v.shape, v.quant) == (like.shape, like.quant)])
        self.read.add(value.index)
        self.writer.operator("ASSIGN_VARIABLE", [variable.handle, value.index], [])

    def ring(self) -> None:
        """Join a state and news, keep the last rows: how streaming models are written."""
        if not (x := self.pick(4)):
            return
        axis = self.rng.choice([1, 1, 1, 2])
        kept = self.rng.randint(1, 4)
        shape = (*x.shape[:axis], kept, *x.shape[axis + 1 :])
        variable = self.new_variable(Value(-1, shape, x.quant))
        old = self.read_variable(variable)
        total = kept + x.shape[axis]
        joined = self.value((*x.shape[:axis], total, *x.shape[axis + 1 :]), x.quant)
        self.emit("CONCATENATION", [old, x], [joined], axis=axis)
        begin = [0] * 4
        begin[axis] = total - kept
        last = self.value(shape, x.quant)
        self.emit("SLICE", [joined, self.constant(begin), self.constant(shape)], [last])
        self.writer.operator("ASSIGN_VARIABLE", [variable.handle, last.index], [])


def random_state_model(seed: int, operators: int) -> tuple[bytes, list[Shape]]:
    """A TFLite file with resource variables and the shapes of its inputs, all int8."""
    writer = ModelWriter()
    m = StatefulModel(random.Random(seed), writer, once=writer.subgraph())  # noqa: S311
    writer.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    shape = (1, m.rng.randint(1, 6), m.rng.randint(1, 4), m.rng.randint(1, 5))
    m.inputs.append(m.value(shape, m.quant()))
    for _ in range(m.rng.randint(1, 3)):
        m.read_variable(m.new_variable(m.rng.choice(m.values)))
    for _ in range(operators):
        before = len(m.values)
        move = m.rng.random()
        if move < 0.15:
            m.ring()
        elif move < 0.25:
            m.assign_variable(m.rng.choice(m.variables))
        elif move < 0.3:
            m.read_variable(m.rng.choice(m.variables))
        else:
            m.rng.choice(MAKERS)(m)
        m.values[before:] = [v for v in m.values[before:] if np.prod(v.shape) <= MOST_ELEMENTS or v.index in m.read]
    for variable in m.variables:
        if m.rng.random() < 0.7:
            m.assign_variable(variable)
    unread = [v for v in m.values if v.index not in m.read and v not in m.inputs]
    outputs = unread[: m.rng.randint(1, 4)] or [m.values[-1]]
    others = [v for v in m.values if v not in outputs]
    outputs += m.rng.sample(others, min(len(others), m.rng.choice([0, 1, 2])))
    return writer.build([v.index for v in m.inputs], [v.index for v in outputs]), [shape]
