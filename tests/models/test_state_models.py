"""Real streaming networks as C: every step of every case is golden, with two instances interleaved, taps included."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.frontends import load_model
from codegen.reference import Session
from codegen.render.writer import write
from codegen.verify import target_of, verify_model
from codegen.verify.golden import load_cases
from tests.support.models import model_folder
from tests.support.tools import need

pytestmark = pytest.mark.models

STREAMING = ["mww_okay_nabu_v2_int8", "mww_vad_v2_int8"]
FILES = ["model.tflite", "model_taps.tflite"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", STREAMING)
def test_the_meaning_of_every_step_is_golden(name: str, file: str) -> None:
    graph = load_model(model_folder(name) / file)
    for case in load_cases(model_folder(name) / "io.npz", graph):
        session = Session(graph)
        for step in case.steps:
            for got, want in zip(session.step(step.inputs), step.expected["out"], strict=True):
                assert got.tobytes() == want.tobytes()


def check(path: Path, board: str, directory: Path) -> None:
    """Generate, build, run, compare with the golden data beside the model."""
    target = find_board(board)
    need(*target_of(target).tools)
    compiled = compile_model(path, target, Options(name="net", force=True))
    write(compiled.files, directory / "net", force=False)
    report = verify_model(directory / "net", "net", compiled.graph, target, path.parent / "io.npz")
    assert report.passed, report.text()
    assert report.judge == "out"


def test_a_vocoder_of_mixed_types_with_18_states(tmp_path: Path) -> None:
    check(model_folder("lyra_lyragan_mixed") / "model.tflite", "host", tmp_path)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", STREAMING)
def test_every_step_in_c_is_golden(name: str, file: str, tmp_path: Path) -> None:
    check(model_folder(name) / file, "host", tmp_path)


@pytest.mark.emulator
@pytest.mark.parametrize("board", ["stm32f4", "esp32c3"])
@pytest.mark.parametrize("name", STREAMING)
def test_every_step_in_an_emulator_is_golden(name: str, board: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model.tflite", board, tmp_path)


def test_ring_buffers_are_not_copied() -> None:
    """The RAM that okay_nabu must keep is 3,472 bytes; behind the old rows are the new ones, nothing more."""
    compiled = compile_model(model_folder("mww_okay_nabu_v2_int8") / "model.tflite", find_board("host"), Options())
    program = compiled.program
    kept = sum(state.value.bytes for state in program.graph.states)
    assert kept == 3472
    assert program.state_bytes == kept + 120 + 32 + 4 * 64
    copied = [
        layer for layer in program.layers if layer.op.kind in {"concat", "split", "slice", "copy"} and layer.calls
    ]
    assert [layer.op.kind for layer in copied] == ["copy"] * 6
    assert program.ram_bytes <= 4096


FORGETFUL = {
    "forgets its state": ("{\n    uint8_t *const arena", "{\n    net_reset(nn);\n    uint8_t *const arena"),
    "shares its state": ("uint8_t *const state = nn->state_;", "static uint8_t state[8192];"),
    "does not reset": ("memset(nn->state_", "memset(nn->arena_"),
}


@pytest.mark.parametrize("defect", FORGETFUL)
def test_verify_notices_a_library_that(defect: str, tmp_path: Path) -> None:
    path, board = model_folder("mww_vad_v2_int8") / "model.tflite", find_board("host")
    compiled = compile_model(path, board, Options(name="net", force=True))
    write(compiled.files, tmp_path / "net", force=False)
    source = tmp_path / "net" / "src" / "net.c"
    text = source.read_text()
    right, wrong = FORGETFUL[defect]
    assert right in text
    source.write_text(text.replace(right, wrong, 1 if "arena" in right else -1))
    assert not verify_model(tmp_path / "net", "net", compiled.graph, board, path.parent / "io.npz").passed
