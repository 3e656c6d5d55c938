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
from tests.render.build import execute
from tests.support.models import model_folder
from tests.support.tools import need

pytestmark = pytest.mark.models

INTEGER = ("tflm_mnist_lstm_int8", "tflm_micro_speech_lstm_int8", "tflm_keyword_svdf_8bit")
FLOAT = "tflm_mnist_lstm_f32"
EMULATED = {"stm32f4": INTEGER[0], "esp32c3": INTEGER[0], "stm32g0": INTEGER[2], "k210": FLOAT}
FLOAT_BOUND = 1e-4
"""Of the largest golden value, over all steps."""


TWO_INSTANCES = """
#include <stdio.h>
#include "net.h"
static net_t instances[2];
int main(int argc, char **argv)
{{
    static int8_t steps[{steps}][2][NET_INPUT_BYTES];
    FILE *file = argc > 0 ? fopen("{data}", "rb") : NULL;
    size_t i, t, k;
    (void)argv;
    if (file == NULL || fread(steps, 1, sizeof steps, file) != sizeof steps) return 1;
    for (k = 0; k < 2; k++) net_init(&instances[k]);
    for (t = 0; t < {steps}; t++)
        for (k = 0; k < 2; k++) {{
            if (t == {reset} && k == 1) net_reset(&instances[k]);
            for (i = 0; i < NET_INPUT_SIZE; i++) net_input(&instances[k])[i] = steps[t][k][i];
            if (net_run(&instances[k]) != GENC_OK) return 2;
            for (i = 0; i < NET_OUTPUT_SIZE; i++) printf("%d ", net_output(&instances[k])[i]);
        }}
    return 0;
}}
"""


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


def test_two_instances_take_turns(tmp_path: Path) -> None:
    """Each keeps a state of its own; a reset of one does not touch the other."""
    package, graph = generate(model_folder("tflm_mnist_lstm_int8") / "model.tflite", find_board("host"), tmp_path)
    steps, reset = 4, 2
    rng = np.random.default_rng(5)
    data = rng.integers(-128, 128, (steps, 2, graph.inputs[0].size), np.int64).astype(np.int8)
    (tmp_path / "data").write_bytes(data.tobytes())
    main = TWO_INSTANCES.format(steps=steps, reset=reset, data=tmp_path / "data")
    found = np.array(execute(package / "src", main).split(), np.int64).reshape(steps, 2, -1)
    sessions = [Session(graph), Session(graph)]
    outputs = []
    for t in range(steps):
        if t == reset:
            sessions[1].reset()
        for k, session in enumerate(sessions):
            outputs.append(session.step([data[t, k].reshape(graph.inputs[0].shape)])[0])
    np.testing.assert_array_equal(found, np.array(outputs).reshape(steps, 2, -1))
    forgetful = [Session(graph).step([data[t, 0].reshape(graph.inputs[0].shape)])[0] for t in range(steps)]
    assert not np.array_equal(found[:, 0], np.array(forgetful).reshape(steps, -1)), "the data would not notice"
