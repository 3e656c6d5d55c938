"""What the portable back-end declares to read is enough: operators computed in numpy from exactly those rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import reference
from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.frontends import load_model
from codegen.ir import Array, DType, Graph
from codegen.passes import run_passes
from codegen.schedule import schedule
from tests.support.arena_machine import Machine
from tests.support.operator_models import OPERATORS, operator_model
from tests.support.random_models import random_model


def load(model: bytes, folder: Path) -> Graph:
    path = folder / "net.tflite"
    path.write_bytes(model)
    graph = load_model(path)
    run_passes(graph)
    return graph


def random_inputs(graph: Graph, seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [
        rng.uniform(-3, 3, t.shape).astype(np.float32)
        if t.dtype is DType.FLOAT32
        else rng.integers(-128, 128, t.shape).astype(t.dtype.numpy)
        for t in graph.inputs
    ]


def check(graph: Graph, seed: int) -> None:
    program = schedule(graph, [Portable()], Core("any"))
    inputs = random_inputs(graph, seed)
    want = reference.run(program.graph, inputs)
    with np.errstate(all="ignore"):  # garbage may be any float
        got = Machine(program, reference.evaluate, seed).run(inputs)
    for tensor, value in zip(program.graph.outputs, got, strict=True):
        np.testing.assert_array_equal(value, want[tensor], err_msg=tensor.name)


# The machine computes an operator whole at every call; this one's second call writes a part known at run time only.
# Its kernels are tested in tests/kernels and, in C, in tests/render.
WHOLE_CALLS = [name for name in OPERATORS if name != "DYNAMIC_UPDATE_SLICE"]


@pytest.mark.parametrize("name", WHOLE_CALLS)
def test_an_operator_needs_no_more_than_the_declared_rows(name: str, tmp_path: Path) -> None:
    check(load(operator_model(name), tmp_path), 1)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_a_random_network_runs_on_hostile_memory(
    tmp_path_factory: pytest.TempPathFactory, seed: int, operators: int
) -> None:
    check(load(random_model(seed, operators)[0], tmp_path_factory.mktemp("net")), seed)
