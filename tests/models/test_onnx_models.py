"""Real ONNX models: imported soon, computed as onnxruntime does in numpy and in C, transposes gone, on boards."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.frontends import load_model
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.reference import Session
from codegen.verify import verify_model
from codegen.verify.compare import FLOAT_BOUND
from tests.models.test_models_c import generate
from tests.support.models import MODELS, model_folder
from tests.support.tools import need

pytestmark = pytest.mark.models

NAMES = sorted(path.parent.name for path in MODELS.glob("*/model.onnx"))
RECURRENT = ("dtln_1_onnx", "gtcrn_simple_onnx")
RECURRENT_BOUND = 1e-4
IMPORT_S = 3.0
STEPS = 3
LEFT = {
    "deepc_mnist_mlp_onnx": 0,
    "dtln_1_onnx": 0,
    "espdl_streaming_1d_onnx": 1,
    "onnx_mnist8": 0,
    "pulp_dronet_v2_onnx": 0,
    "tum_micro_kws_m_f32_onnx": 0,
    "ultraface_slim320_onnx": 1,
    "yunet_n_320_onnx": 1,
}
"""Transposes after the passes: that of an input with several channels."""


def test_there_are_models() -> None:
    assert {*LEFT, *RECURRENT} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_meaning(name: str) -> None:
    """numpy before and after the passes, the first steps of two cases, each from the golden state."""
    folder = model_folder(name)
    start = time.perf_counter()
    imported = load_model(folder / "model.onnx")
    assert time.perf_counter() - start < IMPORT_S
    rewritten = imported.copy()
    run_passes(rewritten)
    verify(rewritten)
    io, cases = np.load(folder / "io.npz"), json.loads((folder / "meta.json").read_text())["cases"][:2]
    for graph in (imported, rewritten):
        for case, step in ((c["case"], step) for c in cases for step in range(min(c["steps"], STEPS))):
            outputs = Session(graph).step([io[f"c{case}_in{i}"][step] for i in range(len(graph.inputs))])
            for i, found in enumerate(outputs):
                golden = io[f"c{case}_out{i}"]
                np.testing.assert_allclose(found, golden[step], rtol=0, atol=FLOAT_BOUND * np.abs(golden).max())


@pytest.mark.parametrize("name", NAMES)
def test_outputs(name: str, tmp_path: Path) -> None:
    need("cc")
    folder, host = model_folder(name), find_board("host")
    package, graph = generate(folder / "model.onnx", host, tmp_path)
    report = verify_model(package, "net", graph, host, folder / "io.npz")
    assert report.passed, report.text()
    assert report.float_bound == FLOAT_BOUND


@pytest.mark.parametrize("name", RECURRENT)
def test_steps_that_follow_each_other(name: str) -> None:
    """The state of each step is what the model gave in the step before, not the golden one."""
    folder = model_folder(name)
    graph, meta = load_model(folder / "model.onnx"), json.loads((folder / "meta.json").read_text())
    io, feedback = np.load(folder / "io.npz"), meta["state_feedback"].items()
    links = {int(out.removeprefix("out")): int(into.removeprefix("in")) for out, into in feedback}
    session = Session(graph)
    for case in meta["cases"]:
        number, outputs = case["case"], []
        for step in range(case["steps"]):
            fed = [io[f"c{number}_in{i}"][step] for i in range(len(graph.inputs))]
            for out, into in links.items():
                fed[into] = outputs[out] if step else fed[into]
            outputs = session.step(fed)
            for i, found in enumerate(outputs):
                golden = io[f"c{number}_out{i}"]
                bound = RECURRENT_BOUND * np.abs(golden).max()
                np.testing.assert_allclose(found, golden[step], rtol=0, atol=bound, err_msg=f"step {step}")


@pytest.mark.parametrize(("name", "count"), LEFT.items())
def test_transposes_cancel(name: str, count: int) -> None:
    graph = load_model(model_folder(name) / "model.onnx")
    run_passes(graph)
    assert Counter(op.kind for op in graph.operators)["transpose"] == count


@pytest.mark.parametrize("board", ["esp32s3", "stm32h7"])
@pytest.mark.parametrize("name", ["yunet_n_320_onnx", "gtcrn_simple_onnx"])
def test_boards(name: str, board: str) -> None:
    """The hard ones are generated; whether they fit is said."""
    compiled = compile_model(model_folder(name) / "model.onnx", find_board(board), Options(force=True))
    assert any("RAM" in line for line in compiled.summary.lines())
    assert compiled.package.ram_bytes < {"yunet_n_320_onnx": 1_800_000, "gtcrn_simple_onnx": 180_000}[name]
