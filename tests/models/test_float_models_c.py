"""Real float32 and hybrid models as C: outputs within 1e-5 of the largest golden value, on the PC and in emulators."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from codegen import reference
from codegen.boards import Board, find_board
from codegen.frontends import load_model
from codegen.passes import run_passes
from codegen.verify import Report, target_of, verify_model
from codegen.verify.compare import FLOAT_BOUND
from tests.models.test_models_c import generate
from tests.support.models import model_folder
from tests.support.tools import need

pytestmark = pytest.mark.models

FLOAT = (
    "dtln_1_f32",
    "mlperf_ad01_f32",
    "mlperf_resnet8_f32",
    "mlperf_vww_f32",
    "tflm_hello_world_f32",
    "tflm_magic_wand_f32",
    "tinymaix_cifar10_f32",
    "tinymaix_mnist_resnet_f32",
    "tinymaix_mnist_valid_f32",
    "tum_lstm_cell_f32",
    "tum_text_class_f32",
    "ultraface_slim320_f32",
)
HYBRID = ("dtln_1_hybrid", "mlperf_kws_f32hybrid")
EMULATED = {
    "stm32f4": ("dtln_1_hybrid", "mlperf_kws_f32hybrid", "mlperf_resnet8_f32", "tflm_magic_wand_f32"),
    "stm32g0": ("tflm_magic_wand_f32", "tum_lstm_cell_f32"),
    "k210": ("tflm_magic_wand_f32", "tinymaix_mnist_valid_f32"),
}
STEPS = 3


def check(name: str, board: Board, directory: Path) -> Report:
    """Generate, build, run, compare with the golden data of the model."""
    need(*target_of(board).tools)
    folder = model_folder(name)
    package, graph = generate(folder / "model.tflite", board, directory)
    report = verify_model(package, "net", graph, board, folder / "io.npz")
    assert report.passed, report.text()
    assert report.float_bound == FLOAT_BOUND
    return report


@pytest.mark.parametrize("name", [*FLOAT, *HYBRID])
def test_outputs(name: str, tmp_path: Path) -> None:
    check(name, find_board("host"), tmp_path)


@pytest.mark.emulator
@pytest.mark.parametrize(("board", "name"), [(board, name) for board, names in EMULATED.items() for name in names])
def test_outputs_in_an_emulator(board: str, name: str, tmp_path: Path) -> None:
    assert check(name, find_board(board), tmp_path).result.target.name != "host"


@pytest.mark.parametrize("name", [*FLOAT, *HYBRID])
def test_meaning(name: str) -> None:
    """numpy before and after the passes, the first steps of two cases."""
    folder = model_folder(name)
    imported = load_model(folder / "model.tflite")
    rewritten = imported.copy()
    run_passes(rewritten)
    io, cases = np.load(folder / "io.npz"), json.loads((folder / "meta.json").read_text())["cases"][:2]
    for graph in (imported, rewritten):
        for case, step in ((c["case"], step) for c in cases for step in range(min(c["steps"], STEPS))):
            values = reference.run(graph, [io[f"c{case}_in{i}"][step] for i in range(len(graph.inputs))])
            for i, tensor in enumerate(graph.outputs):
                bound = FLOAT_BOUND * np.abs(io[f"c{case}_out{i}"]).max()
                np.testing.assert_allclose(values[tensor], io[f"c{case}_out{i}"][step], rtol=0, atol=bound)
