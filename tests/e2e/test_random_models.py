"""Random networks through the whole tool: the generated C gives the bytes that TFLite's reference kernels give."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.errors import GencError
from codegen.render.writer import write
from codegen.schedule import Goal
from codegen.verify.golden import Case, Step
from codegen.verify.run import run_package
from tests.conftest import FULL
from tests.support.litert import run_reference
from tests.support.random_models import random_model
from tests.support.tools import need

HOST = find_board("host")
GOALS = ("balanced", "ram", "speed", "flash")


@settings(max_examples=300 if FULL else 8)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25))
def test_a_random_network_gives_the_bytes_of_the_reference_kernels(seed: int, operators: int) -> None:
    need("cc")
    check(seed, operators)


@settings(max_examples=200 if FULL else 6)
@given(st.integers(0, 2**32 - 1), st.integers(2, 15))
def test_rows_pushed_into_a_random_network_give_them_too(seed: int, operators: int) -> None:
    need("cc")
    try:
        check(seed, operators, Goal("ram", input_rows=True))
    except GencError as error:
        assert "cannot arrive row by row" in str(error)  # noqa: PT017


def check(seed: int, operators: int, goal: Goal | None = None) -> None:
    model, shapes = random_model(seed, operators)
    goal = goal or Goal(GOALS[seed % len(GOALS)])
    rng = np.random.default_rng(seed)
    inputs = [[rng.integers(-128, 128, shape, np.int8) for shape in shapes] for _ in range(2)]
    steps = [Step(values, {"out": run_reference(model, values)}) for values in inputs]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.tflite")
        path.write_bytes(model)
        compiled = compile_model(path, HOST, Options(name="net", force=True, goal=goal))
        write(compiled.files, Path(folder, "net"), force=False)
        result = run_package(Path(folder, "net"), "net", HOST, [Case("random", steps)])
    assert not result.faults, result.log
    for index, step in enumerate(steps):
        for number, want in enumerate(step.expected["out"]):
            np.testing.assert_array_equal(result.outputs[0, index][number], want, err_msg=f"output {number}")
