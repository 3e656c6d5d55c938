"""Random networks with resource variables as C: step after step the bytes of the reference kernels."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.reference import Session
from codegen.render.writer import write
from codegen.verify.golden import Case, Step
from codegen.verify.run import run_package
from tests.conftest import FULL
from tests.support.litert import run_reference_steps
from tests.support.random_states import random_state_model
from tests.support.tools import need

HOST = find_board("host")
STEPS = 4


@settings(max_examples=300 if FULL else 8)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_a_random_network_with_states_gives_the_bytes_of_the_reference_kernels(seed: int, operators: int) -> None:
    need("cc")
    check(seed, operators)


def check(seed: int, operators: int) -> None:
    """In numpy and in C, two cases that start with a reset; the program runs them in two instances, interleaved."""
    model, shapes = random_state_model(seed, operators)
    rng = np.random.default_rng(seed)
    inputs = [[[rng.integers(-128, 128, s, np.int8) for s in shapes] for _ in range(STEPS)] for _ in range(2)]
    expected = [run_reference_steps(model, steps) for steps in inputs]
    cases = [Case("random", [Step(values, {}) for values in steps]) for steps in inputs]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.tflite")
        path.write_bytes(model)
        compiled = compile_model(path, HOST, Options(name="net", force=True))
        write(compiled.files, Path(folder, "net"), force=False)
        result = run_package(Path(folder, "net"), "net", HOST, cases)
    assert not result.faults, result.log
    for number, steps in enumerate(inputs):
        session = Session(compiled.graph)
        for time, values in enumerate(steps):
            meant, got = session.step(values), result.outputs[number, time]
            for want, a, b in zip(expected[number][time], meant, got, strict=True):
                np.testing.assert_array_equal(a, want, err_msg=f"numpy, step {time}")
                np.testing.assert_array_equal(b, want, err_msg=f"C, step {time}")
