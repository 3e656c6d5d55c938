"""Random ONNX models of one recurrent layer, as hypothesis strategies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from codegen.ir import Array

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
FUNCTIONS = {"LSTM": 3, "GRU": 2, "RNN": 1}
NAMED = ("Sigmoid", "Tanh", "HardSigmoid", "Softsign", "Relu", "LeakyRelu", "Elu", "ScaledTanh", "Affine")
BOUNDED = NAMED[:4]
"""Functions that keep a state in bounds."""
STATES = {"given", "constant", "zero"}


@dataclass
class RecurrentModel:
    """A file and what it takes.

    Attributes:
        content: the bytes of the file.
        shapes: of each input: x first, then states.
        states: positions of the outputs that become the inputs behind x in the next run.
        outputs: names of all outputs.
    """

    content: bytes
    shapes: dict[str, tuple[int, ...]]
    states: tuple[int, ...]
    outputs: tuple[str, ...]


class _Writer:
    """One layer with random parameters."""

    def __init__(self, draw: st.DrawFn, op: str) -> None:
        self.draw, self.op = draw, op
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.constants: list[onnx.TensorProto] = []
        self.inputs: dict[str, tuple[int, ...]] = {}

    def normal(self, *shape: int) -> Array:
        return self.rng.normal(0, 0.5, shape).astype(np.float32)

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def state(self, name: str, shape: tuple[int, ...]) -> str:
        kind = self.draw(st.sampled_from(sorted(STATES)))
        if kind == "given":
            self.inputs[name] = shape
        elif kind == "constant":
            self.constant(name, self.normal(*shape))
        return "" if kind == "zero" else name

    def activations(self, directions: int) -> dict[str, Any]:
        """Nothing, or a list of functions, perhaps with numbers."""
        if self.draw(st.booleans()):
            return {}
        names = BOUNDED if self.op != "RNN" else NAMED
        count = FUNCTIONS[self.op] * directions
        chosen = [self.draw(st.sampled_from(names)) for _ in range(count)]
        needed = self.draw(st.booleans()) or not set(chosen).isdisjoint({"ScaledTanh", "Affine"})
        numbers = {f"activation_{n}": [0.2 + 0.1 * i for i in range(count)] for n in ("alpha", "beta")}
        return {"activations": chosen, **(numbers if needed else {})}


@st.composite
def recurrent_models(draw: st.DrawFn, op: str) -> RecurrentModel:
    """Any direction, layout, states, activations and outputs of an operator."""
    w = _Writer(draw, op)
    direction = draw(st.sampled_from(["forward", "reverse", "bidirectional"]))
    steps, batch, depth, units = (draw(st.integers(1, most)) for most in (5, 3, 6, 7))
    directions, gates = 1 + (direction == "bidirectional"), GATES[op]
    layout = 0  # onnxruntime has no kernels for the other
    w.inputs["X"] = (steps, batch, depth)
    parameters = [
        "X",
        w.constant("W", w.normal(directions, gates * units, depth)),
        w.constant("R", w.normal(directions, gates * units, units)),
        w.constant("B", w.normal(directions, 2 * gates * units)) if draw(st.booleans()) else "",
        w.constant("lens", np.full(batch, steps, np.int32)) if draw(st.booleans()) else "",
        *(w.state(name, (directions, batch, units)) for name in ("H", "C")[: 1 + (op == "LSTM")]),
    ]
    fields: dict[str, Any] = {"direction": direction, "hidden_size": units, "layout": layout}
    if op == "LSTM":
        parameters.append(w.constant("P", w.normal(directions, 3 * units)) if draw(st.booleans()) else "")
    if op == "GRU":
        fields["linear_before_reset"] = int(draw(st.booleans()))
    fields |= w.activations(directions)
    if op == "LSTM" and set(fields.get("activations", ["Sigmoid"])[::3]) == {"Sigmoid"}:
        fields["input_forget"] = int(draw(st.booleans()))
    if draw(st.booleans()):
        fields["clip"] = 0.4
    every = ["Y", "Y_h", "Y_c"][: 2 + (op == "LSTM")]
    named = [name if draw(st.booleans()) or name == "Y_h" else "" for name in every]
    node = helper.make_node(op, parameters, named, **fields)
    outputs = [name for name in named if name]
    graph = helper.make_graph(
        [node],
        "recurrent",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in w.inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
        w.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    carried = tuple(outputs.index(f"Y_{n.lower()}") for n in w.inputs if n != "X" and f"Y_{n.lower()}" in outputs)
    return RecurrentModel(model.SerializeToString(), w.inputs, carried, tuple(outputs))
