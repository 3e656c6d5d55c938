"""The command line as a user and a script meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codegen.cli import main
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need

ROOT = Path(__file__).resolve().parents[1]
DIGITS = ROOT / "examples" / "digits" / "digits.tflite"


def run(*words: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codegen.cli", *map(str, words)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)


def refused(*words: object, cwd: Path | None = None) -> str:
    """The message of a command that must fail: exit code 2, one message, no traceback, nothing on stdout."""
    result = run(*words, cwd=cwd)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr


def test_generate_writes_a_folder_and_a_summary(tmp_path: Path) -> None:
    result = run(DIGITS, "--board", "esp32", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "digits" / "src" / "digits.h").is_file()
    for word in ("RAM", "flash", "MAC", "peak", "README.md"):
        assert word in result.stdout


def test_generate_as_json(tmp_path: Path) -> None:
    result = run(DIGITS, "--board", "stm32", "--json", "--name", "mnist", "-o", tmp_path / "out")
    data = json.loads(result.stdout)
    assert (data["name"], data["board"]) == ("mnist", "stm32f4")
    assert data["ram_bytes"] >= data["ram_lower_bound_bytes"] > 0
    assert (tmp_path / "out" / "src" / "mnist.h").is_file()


def test_generate_again_replaces_its_own_output(tmp_path: Path) -> None:
    words = (DIGITS, "--board", "esp32", "-o", tmp_path / "out")
    assert run(*words).returncode == 0
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert run(*words, PYTHONHASHSEED="7").returncode == 0
    assert before == {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}


def test_inspect_lists_layers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(DIGITS)]) == 0
    text = capsys.readouterr().out
    assert "CONV_2D #0" in text
    assert "supported" in text
    assert main(["inspect", str(DIGITS), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["macs"] == sum(layer["macs"] for layer in data["layers"])


def test_inspect_says_what_is_not_supported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = ModelWriter()
    x, y, z = (writer.tensor(name, (1, 4), dtype="int8", scale=0.1, zero_point=0) for name in "xyz")
    writer.operator("Mystery", [x], [y])
    writer.operator("Riddle", [y], [z])
    (tmp_path / "custom.tflite").write_bytes(writer.build(inputs=[x], outputs=[z]))
    assert main(["inspect", str(tmp_path / "custom.tflite")]) == 2
    text = capsys.readouterr().out
    assert "Mystery" in text
    assert "Riddle" in text


def test_boards_and_ops_list_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boards"]) == 0
    assert "stm32f4" in capsys.readouterr().out
    assert main(["boards", "--json"]) == 0
    names = {board["name"] for board in json.loads(capsys.readouterr().out)}
    assert names >= {"host", "esp32", "esp32s3", "esp32c3", "esp32p4", "k210", "stm32g0", "stm32f4", "stm32f7"}
    assert main(["ops", "--json"]) == 0
    listed = [entry["sources"] for entry in json.loads(capsys.readouterr().out)]
    tflite, onnx = ({name for sources in listed for name in sources[form]} for form in ("TFLite", "ONNX"))
    assert tflite >= {"CONV_2D", "PADV2", "STRIDED_SLICE", "RESIZE_BILINEAR", "UNPACK"}
    assert onnx >= {"Conv", "Gemm", "Resize", "If"}


def test_help_is_instant_and_shows_examples() -> None:
    best = min(_seconds_of("--help") for _ in range(3))
    assert "examples:" in run("--help").stdout
    assert best < 1.0, "imports crept into the command line"  # the bar is 0.3 s; a loaded CI machine gets some air


def _seconds_of(*words: str) -> float:
    start = time.perf_counter()
    run(*words)
    return time.perf_counter() - start


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; import codegen.cli; codegen.cli.parser(); print('numpy' in sys.modules, 'jinja2' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.stdout.split() == ["False", "False"]


def test_verify_runs_on_this_pc() -> None:
    result = run("verify", DIGITS)
    assert result.returncode == 0, result.stdout + result.stderr


class TestRefusals:
    def test_no_board(self) -> None:
        assert "gen-c boards" in refused(DIGITS)

    def test_a_misspelt_board(self) -> None:
        assert "esp32" in refused(DIGITS, "--board", "esp23")

    def test_a_misspelt_backend(self) -> None:
        assert "portable" in refused(DIGITS, "--board", "esp32", "--backend", "portible")

    def test_no_such_file(self, tmp_path: Path) -> None:
        assert "nothing.tflite" in refused(tmp_path / "nothing.tflite", "--board", "esp32")

    def test_a_directory(self, tmp_path: Path) -> None:
        assert "director" in refused(tmp_path, "--board", "esp32")

    def test_a_text_file(self, tmp_path: Path) -> None:
        (tmp_path / "model.tflite").write_text("Dear diary,\n" * 100)
        assert "model.tflite" in refused(tmp_path / "model.tflite", "--board", "esp32")

    def test_a_truncated_model(self, tmp_path: Path) -> None:
        (tmp_path / "model.tflite").write_bytes(DIGITS.read_bytes()[:1000])
        refused(tmp_path / "model.tflite", "--board", "esp32", cwd=tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["model.tflite"]

    @pytest.mark.skipif(os.geteuid() != 0 and not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        refused(DIGITS, "--board", "esp32", "-o", tmp_path / "file" / "out")

    def test_a_folder_of_somebody_else(self, tmp_path: Path) -> None:
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "digits.h").write_text("mine")
        assert "--force" in refused(DIGITS, "--board", "esp32", "-o", tmp_path)
        assert (tmp_path / "src" / "digits.h").read_text() == "mine"

    def test_golden_data_that_do_not_fit(self, tmp_path: Path) -> None:
        (tmp_path / "io.npz").write_bytes(b"PK\x03\x04 not really")
        refused(DIGITS, "--board", "esp32", "--verify", tmp_path / "io.npz", cwd=tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["io.npz"]

    def test_errors_as_json(self, tmp_path: Path) -> None:
        result = run(tmp_path / "nothing.tflite", "--board", "esp32", "--json")
        assert result.returncode == 2
        assert json.loads(result.stdout)["error"]

    def test_a_model_that_does_not_fit(self, tmp_path: Path) -> None:
        writer = ModelWriter()
        shape = (1, 512, 512, 3)
        x = writer.tensor("x", shape, dtype="int8", scale=0.1, zero_point=0)
        y = writer.tensor("y", (1, 256, 256, 3), dtype="int8", scale=0.1, zero_point=0)
        options = {"padding": "VALID", "stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2}
        writer.operator("MAX_POOL_2D", [x], [y], **options)
        (tmp_path / "big.tflite").write_bytes(writer.build(inputs=[x], outputs=[y]))
        message = refused(tmp_path / "big.tflite", "--board", "stm32g0", "-o", tmp_path / "out")
        assert "MAX_POOL_2D" in message
        assert "more than" in message
        assert not (tmp_path / "out").exists()
        forced = run(tmp_path / "big.tflite", "--board", "stm32g0", "-o", tmp_path / "out", "--force")
        assert forced.returncode == 0, forced.stderr


@pytest.mark.emulator
def test_bench_counts_every_layer() -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    result = run("bench", DIGITS, "--board", "stm32", "--json")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    layers = sum(layer["instructions"] for layer in data["layers"])
    assert data["instructions"] <= layers * 1.02 < data["instructions"] * 1.1
    assert data["instructions_per_mac"] > 0
    text = run("bench", DIGITS, "--board", "stm32").stdout
    assert "estimate" in text
    assert "CONV_2D #0" in text


def test_bench_of_a_board_without_emulator_is_refused() -> None:
    assert "emulator" in refused("bench", DIGITS, "--board", "esp32s3")
