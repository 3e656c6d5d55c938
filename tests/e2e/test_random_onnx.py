"""Random ONNX networks through the whole tool: numpy, before and after the passes, and the generated C give what
onnxruntime gives.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from codegen.backends import load_backends
from codegen.boards import find_board
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.reference import Session
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import Goal, schedule
from codegen.verify.golden import Case, Step
from codegen.verify.run import run_package
from tests.conftest import FULL
from tests.support.onnx_models import imported, theirs
from tests.support.onnx_networks import BLOCKS, random_network
from tests.support.tools import need

HOST = find_board("host")
BOUND = 2e-5
"""Of the largest value: onnxruntime and C add in float32, one after the other in other orders."""
GOALS = ("balanced", "ram", "speed", "flash")


@pytest.mark.parametrize("seed", range(400 if FULL else 40))
def test_numpy_gives_what_onnxruntime_gives(seed: int) -> None:
    model, inputs = random_network(seed, 1 + seed % (2 * len(BLOCKS)))
    (want,) = theirs(model, inputs)
    graph = imported(model)
    rewritten = graph.copy()
    run_passes(rewritten)
    verify(rewritten)
    for each in (graph, rewritten):
        (got,) = Session(each).step(list(inputs.values()))
        np.testing.assert_allclose(got, want, rtol=0, atol=BOUND * np.abs(want).max())


@pytest.mark.parametrize("seed", range(60 if FULL else 4))
def test_c_gives_it_too(seed: int) -> None:
    need("cc")
    model, inputs = random_network(1000 + seed, 4 + seed % 12)
    (want,) = theirs(model, inputs)
    graph = imported(model)
    run_passes(graph)
    program = schedule(graph, load_backends("portable"), HOST.core, Goal(GOALS[seed % len(GOALS)]))
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "net")
        write(render(program, RenderOptions("net", HOST, "model.onnx", "0" * 64, None)), package, force=False)
        result = run_package(package, "net", HOST, [Case("random", [Step(list(inputs.values()), {})])])
    assert not result.faults, result.log
    np.testing.assert_allclose(result.outputs[0, 0][0], want, rtol=0, atol=BOUND * np.abs(want).max())
