"""Real models of int16x8 and legacy uint8 as C: every byte equals the golden data, on the PC and in emulators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.backends import load_backends
from codegen.boards import find_board
from codegen.ir import Graph
from codegen.passes import run_passes
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify import verify_model
from tests.models.test_models_c import HOST, check, with_every_layer
from tests.support.models import MODELS, model_folder

pytestmark = pytest.mark.models

UINT8 = "coral_mobilenet_v1_025_128_uint8"
NAMES = sorted(d.name for pattern in ("seanet_*", "coral_*") for d in MODELS.glob(pattern))
EMULATED = ["seanet_conv15", "seanet_transpose_conv4", "seanet_leaky_relu12", "seanet_add0", "coral_split_concat_uint8"]


@pytest.mark.parametrize("name", NAMES)
def test_outputs(name: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model.tflite", HOST, tmp_path)


def test_taps(tmp_path: Path) -> None:
    check(model_folder(UINT8) / "model_taps.tflite", HOST, tmp_path)


@pytest.mark.parametrize("name", [UINT8, "coral_split_concat_uint8"])
def test_every_layer(name: str, tmp_path: Path) -> None:
    graph, golden = with_every_layer(model_folder(name))
    imported = Graph(graph.name, list(graph.inputs), list(graph.outputs))
    run_passes(graph)
    program = schedule(graph, load_backends("portable"), HOST.core)
    write(render(program, RenderOptions("net", HOST, "model.tflite", "0" * 64, None)), tmp_path / "net", force=False)
    np.savez(tmp_path / "layers.npz", **golden)
    report = verify_model(tmp_path / "net", "net", imported, HOST, tmp_path / "layers.npz")
    assert report.passed, report.text()


@pytest.mark.emulator
@pytest.mark.parametrize("board", ["stm32f4", "esp32c3"])
@pytest.mark.parametrize("name", EMULATED)
def test_outputs_in_an_emulator(name: str, board: str, tmp_path: Path) -> None:
    report = check(model_folder(name) / "model.tflite", find_board(board), tmp_path)
    assert report.result.target.name != "host"
