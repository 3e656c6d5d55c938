"""Real recurrent models as C, over all cases and steps: what is kept between runs is right, on PC and in emulators."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import Board, find_board
from codegen.frontends import load_model
from codegen.reference import Session
from codegen.verify import Report, target_of, verify_model
from tests.models.test_models_c import generate
from tests.support.models import model_folder
from tests.support.tools import need

pytestmark = pytest.mark.models

INTEGER = ("tflm_mnist_lstm_int8", "tflm_micro_speech_lstm_int8", "tflm_keyword_svdf_8bit")
FLOAT = "tflm_mnist_lstm_f32"
EMULATED = {"stm32f4": INTEGER[0], "esp32c3": INTEGER[0], "stm32g0": INTEGER[2], "k210": FLOAT}
FLOAT_BOUND = 1e-4
"""Of the largest golden value, over all steps."""


def check(name: str, file: str, board: Board, directory: Path) -> Report:
    """Generate, build, run, compare with the golden data of the model."""
    need(*target_of(board).tools)
    folder = model_folder(name)
    package, graph = generate(folder / file, board, directory)
    report = verify_model(package, "net", graph, board, folder / "io.npz")
    assert report.passed, report.text()
    return report


@pytest.mark.parametrize("name", [*INTEGER, FLOAT])
def test_taps(name: str, tmp_path: Path) -> None:
    check(name, "model_taps.tflite", find_board("host"), tmp_path)


@pytest.mark.emulator
@pytest.mark.parametrize("board", EMULATED)
def test_outputs_in_an_emulator(board: str, tmp_path: Path) -> None:
    report = check(EMULATED[board], "model.tflite", find_board(board), tmp_path)
    assert report.result.target.name != "host"


@pytest.mark.parametrize("name", [*INTEGER, FLOAT])
def test_the_meaning_over_time(name: str) -> None:
    folder = model_folder(name)
    meta = json.loads((folder / "meta.json").read_text())
    session = Session(load_model(folder / "model_taps.tflite"))
    extra = len(session.graph.outputs) - len(meta["outputs"])
    labels = [f"out{i}" for i in range(len(meta["outputs"]))] + [f"tap{i}" for i in range(extra)]
    with np.load(folder / "io.npz") as golden:
        for case in meta["cases"]:
            session.reset()
            for step in range(case["steps"]):
                found = session.step([golden[f"c{case['case']}_in0"][step]])
                for label, value in zip(labels, found, strict=True):
                    wanted = golden[f"c{case['case']}_{label}"][step]
                    bound = FLOAT_BOUND * np.abs(wanted).max() if name == FLOAT else 0
                    np.testing.assert_allclose(value, wanted, rtol=0, atol=bound)
