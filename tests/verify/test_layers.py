"""verify --layers: every tensor of the file is shown and compared, and the first layer that departs is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.cli import main
from codegen.compiler import Compiled, Options, compile_model
from codegen.render.writer import write
from codegen.schedule import DEFAULT_GOAL, Goal
from codegen.verify.layers import FUSED, LayerReport, verify_layers
from tests.support.models import model_folder
from tests.support.tflite_writer import ModelWriter

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"


def made(model: Path, folder: Path, goal: Goal = DEFAULT_GOAL, board: str = "host") -> Compiled:
    compiled = compile_model(model, find_board(board), Options(name="net", goal=goal, force=True))
    write(compiled.files, folder / "net", force=False)
    return compiled


def layers(model: Path, folder: Path, goal: Goal = DEFAULT_GOAL, board: str = "host") -> LayerReport:
    compiled = made(model, folder, goal, board)
    return verify_layers(folder / "net", "net", compiled.graph, compiled.program, find_board(board), model=model)


@pytest.mark.parametrize("goal", [Goal("speed"), Goal("ram"), Goal(input_rows=True)], ids=["whole", "ram", "pushed"])
def test_every_tensor_is_found_and_right(goal: Goal, tmp_path: Path) -> None:
    report = layers(DIGITS, tmp_path, goal)
    assert report.passed
    assert report.facts
    assert all(fact.found != FUSED and fact.departure is None and fact.runtime is None for fact in report.facts)
    assert report.runtime == "TFLite's reference kernels"
    assert "agree everywhere" in report.text()


def test_the_first_wrong_layer_is_named(tmp_path: Path) -> None:
    """One weight of a layer in the middle is changed in the C."""
    compiled = made(DIGITS, tmp_path)
    broken = [layer for layer in compiled.program.layers if layer.op.macs()][1]
    constant = next(
        c for c in compiled.package.models[0].constants if c.layer == broken.index and c.label in {"bias", "channels"}
    )
    path = tmp_path / "net/src/net_weights.c"
    text = path.read_text()
    at = re.search(rf" {constant.name}\[[^=]*= {{\s*", text)
    assert at is not None
    number = re.compile(r"-?\d+").match(text, at.end())
    assert number is not None
    path.write_text(f"{text[: at.end()]}{int(number[0]) + 5000}{text[number.end() :]}")
    report = verify_layers(tmp_path / "net", "net", compiled.graph, compiled.program, find_board("host"), model=DIGITS)
    first = next(fact for fact in report.facts if fact.departure)
    assert first.layer == broken.op.source
    assert f"depart first in {broken.op.source}" in report.text()
    assert report.json()["first_departure"] == broken.op.source


@pytest.mark.models
@pytest.mark.parametrize("goal", [Goal(), Goal("ram")], ids=["default", "ram"])
def test_channels_that_were_removed_are_shown_as_they_are_in_the_file(goal: Goal, tmp_path: Path) -> None:
    report = layers(model_folder("mlperf_vww_int8") / "model.tflite", tmp_path, goal)
    assert report.passed
    assert not any(fact.departure or fact.runtime for fact in report.facts)
    removed = [int(fact.found.split()[0]) for fact in report.facts if "constant" in fact.found]
    assert sum(removed) > 1500


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "file", "board"),
    [
        ("coral_split_concat_uint8", "model.tflite", "host"),
        ("tflm_mnist_lstm_int8", "model.tflite", "stm32f4"),
        ("mlperf_resnet8_f32", "model.tflite", "host"),
        ("mww_okay_nabu_v2_int8", "model.tflite", "host"),
        ("onnx_mnist8", "model.onnx", "host"),
    ],
)
def test_models_of_every_kind(name: str, file: str, board: str, tmp_path: Path) -> None:
    report = layers(model_folder(name) / file, tmp_path, board=board)
    assert report.passed
    assert not any(fact.departure for fact in report.facts)
    assert sum(fact.found != FUSED for fact in report.facts) >= len(report.facts) / 2


def overflowing() -> bytes:
    """exp(x * 100): finite for small x only."""
    w = ModelWriter()
    x, scaled, y = (w.tensor(name, [1, 8], "float32") for name in ("x", "scaled", "y"))
    w.operator("MUL", [x, w.tensor("c", [1], "float32", data=np.array([100], np.float32))], [scaled])
    w.operator("EXP", [scaled], [y])
    return w.build([x], [y])


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_overflow_is_counted_and_the_layer_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(overflowing())
    assert main(["verify", str(path), "--layers", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["layers"]
    assert [fact["not_finite"] > 0 for fact in facts] == [False, True]
    assert main(["verify", str(path), "--layers"]) == 0
    assert f"not finite from {facts[1]['layer']}" in capsys.readouterr().out
