"""A GRU and an LSTM step as converters unroll them, int8, their states inputs and outputs or resource variables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.reference import Session
from codegen.render.writer import write
from codegen.verify.golden import Case, Step
from codegen.verify.run import run_package
from tests.support.litert import run_reference_steps
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need

HOST = find_board("host")
UNITS, DEPTH, STEPS = 6, 5, 4
SIGMOID, UNIT, SUM = (1 / 256, -128), (1 / 128, 0), (1 / 16, 3)


class Cell:
    """The operators of one step; every method gives the tensor it makes."""

    def __init__(self, seed: int) -> None:
        self.w, self.rng = ModelWriter(), np.random.default_rng(seed)

    def tensor(self, name: str, width: int, quant: tuple[float, int] = UNIT) -> int:
        return self.w.tensor(name, (1, width), "int8", *quant)

    def emit(self, name: str, inputs: list[int], width: int, quant: tuple[float, int], **options: object) -> int:
        y = self.tensor(name.lower(), width, quant)
        self.w.operator(name, inputs, [y], **options)
        return y

    def dense(self, x: int, depth: int, outputs: int) -> int:
        weights = self.rng.integers(-127, 128, (outputs, depth)).astype(np.int8)
        bias = self.rng.integers(-500, 500, outputs).astype(np.int32)
        w = self.w.tensor("w", weights.shape, "int8", 0.01, data=weights)
        b = self.w.tensor("b", bias.shape, "int32", 0.01 / 128, data=bias)
        return self.emit("FULLY_CONNECTED", [x, w, b], outputs, SUM)

    def gates(self, x: int, count: int) -> list[int]:
        axis = self.w.tensor("axis", (), "int32", data=np.array(1, np.int32))
        parts = [self.tensor(f"gate{i}", UNITS, SUM) for i in range(count)]
        self.w.operator("SPLIT", [axis, x], parts, num_splits=count)
        return parts

    def pair(self, name: str, a: int, b: int, quant: tuple[float, int]) -> int:
        return self.emit(name, [a, b], UNITS, quant, fused_activation_function="NONE")

    def gru(self, x: int, h: int) -> list[int]:
        """h' = z h + (1 - z) tanh(W x + r (R h)), the new state."""
        own, past = self.gates(self.dense(x, DEPTH, 3 * UNITS), 3), self.gates(self.dense(h, UNITS, 3 * UNITS), 3)
        z, r = (self.emit("LOGISTIC", [self.pair("ADD", own[i], past[i], SUM)], UNITS, SIGMOID) for i in (0, 1))
        new = self.emit("TANH", [self.pair("ADD", own[2], self.pair("MUL", r, past[2], SUM), SUM)], UNITS, UNIT)
        one = self.w.tensor("one", (), "int8", *SIGMOID, data=np.array(127, np.int8))
        entry = self.pair("MUL", self.pair("SUB", one, z, SIGMOID), new, UNIT)
        return [self.pair("ADD", self.pair("MUL", z, h, UNIT), entry, UNIT)]

    def lstm(self, x: int, h: int, c: int) -> list[int]:
        """c' = f c + i g; h' = o tanh(c')."""
        sums = self.pair_of_sums(self.dense(x, DEPTH, 4 * UNITS), self.dense(h, UNITS, 4 * UNITS))
        i, f, g, o = self.gates(sums, 4)
        i, f, o = (self.emit("LOGISTIC", [v], UNITS, SIGMOID) for v in (i, f, o))
        cell = self.pair("ADD", self.pair("MUL", f, c, UNIT), self.pair("MUL", i, self.tanh(g), UNIT), UNIT)
        return [self.pair("MUL", o, self.tanh(cell), UNIT), cell]

    def pair_of_sums(self, a: int, b: int) -> int:
        return self.emit("ADD", [a, b], 4 * UNITS, SUM, fused_activation_function="NONE")

    def tanh(self, x: int) -> int:
        return self.emit("TANH", [x], UNITS, UNIT)


def model(kind: str, seed: int, *, variables: bool) -> tuple[bytes, int]:
    """The file, and how many states are among its inputs."""
    cell, count = Cell(seed), 1 if kind == "gru" else 2
    x = cell.tensor("x", DEPTH)
    handles = [cell.w.variable(f"s{i}") for i in range(count)] if variables else []
    if variables:
        once = cell.w.subgraph()
        for i in range(count):
            zero = once.tensor("zero", (1, UNITS), "int8", *UNIT, data=np.zeros((1, UNITS), np.int8))
            once.operator("ASSIGN_VARIABLE", [once.variable(f"s{i}"), zero], [])
        cell.w.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    states = [cell.tensor(f"state{i}", UNITS) for i in range(count)]
    for handle, state in zip(handles, states, strict=False):
        cell.w.operator("READ_VARIABLE", [handle], [state])
    following = cell.gru(x, *states) if kind == "gru" else cell.lstm(x, *states)
    for handle, state in zip(handles, following, strict=False):
        cell.w.operator("ASSIGN_VARIABLE", [handle, state], [])
    if variables:
        return cell.w.build([x], following[:1]), 0
    return cell.w.build([x, *states], following), count


@pytest.mark.parametrize("variables", [False, True], ids=["explicit", "variables"])
@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_steps_give_the_bytes_of_the_reference_kernels(kind: str, variables: bool, tmp_path: Path) -> None:
    need("cc")
    data, states = model(kind, 3, variables=variables)
    rng = np.random.default_rng(5)
    steps = [
        [rng.integers(-128, 128, (1, width)).astype(np.int8) for width in [DEPTH, *[UNITS] * states]]
        for _ in range(STEPS)
    ]
    expected = run_reference_steps(data, steps)
    path = tmp_path / "net.tflite"
    path.write_bytes(data)
    compiled = compile_model(path, HOST, Options(name="net", force=True))
    write(compiled.files, tmp_path / "net", force=False)
    result = run_package(tmp_path / "net", "net", HOST, [Case("steps", [Step(values, {}) for values in steps])])
    assert not result.faults, result.log
    session = Session(compiled.graph)
    for time, values in enumerate(steps):
        for want, meant, got in zip(expected[time], session.step(values), result.outputs[0, time], strict=True):
            np.testing.assert_array_equal(meant, want, err_msg=f"numpy, step {time}")
            np.testing.assert_array_equal(got, want, err_msg=f"C, step {time}")
    assert len({e[0].tobytes() for e in expected}) == STEPS
