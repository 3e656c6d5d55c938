"""The route to a processor by Python packages alone: the same results, and counts that add up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.cli import main
from codegen.errors import GencError
from codegen.verify import run_package, target_of, verify_model
from codegen.verify.simulated import SIMULATED
from tests.support.models import MODELS
from tests.verify.test_harness import GRAPH, cases, golden, package

BOARDS = ["stm32g0", "stm32f4", "stm32f7", "stm32u5", "esp32c3", "esp32p4", "k210"]


@pytest.fixture(autouse=True)
def no_toolchain(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ziglang", "unicorn"):
        pytest.importorskip(module)
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.mark.parametrize("name", ["host", *BOARDS])
def test_outputs_instructions_and_stack(tmp_path: Path, name: str) -> None:
    board = find_board(name)
    assert target_of(board) is SIMULATED[board.emulator or "host"]
    report = verify_model(package(tmp_path), "tiny", GRAPH, board, golden(tmp_path / "io.npz"))
    assert report.passed, report.text()
    if name == "host":
        return
    assert len(report.result.instructions) == 6
    assert all(10 < count < 120 for count in report.result.instructions), report.result.instructions
    assert 0 <= (report.result.stack_bytes or 0) < 200


@pytest.mark.parametrize("name", BOARDS)
def test_ten_instructions_more_are_ten_more(tmp_path: Path, name: str) -> None:
    counts = []
    for repeats in (1, 11):
        folder = tmp_path / str(repeats)
        folder.mkdir()
        nops = f'__asm__ volatile("{repeats * "nop;"}" ::: "memory")'
        counts.append(run_package(package(folder, run=nops), "tiny", find_board(name), cases()).instructions)
    assert [b - a for a, b in zip(*counts, strict=True)] == [10] * 6


def test_a_write_outside_the_instance_is_noticed(tmp_path: Path) -> None:
    stray = "((volatile uint8_t *)nn)[-1] = 1"
    result = run_package(package(tmp_path, run=stray), "tiny", find_board("stm32f4"), cases())
    assert any("guard zone before it was written" in fault for fault in result.faults), result.faults


@pytest.mark.parametrize("name", ["stm32f4", "esp32c3"])
def test_a_crash_is_noticed(tmp_path: Path, name: str) -> None:
    wild = "*(volatile int *)0x70000000 = 1"
    result = run_package(package(tmp_path, run=wild), "tiny", find_board(name), cases())
    assert "fault processor" in result.log
    assert any("ended with status 139" in fault for fault in result.faults), result.faults


def test_a_board_of_neither_route_names_both(tmp_path: Path) -> None:
    with pytest.raises(GencError, match="apt-get install"):
        run_package(package(tmp_path), "tiny", find_board("stm32n6"), cases())


def test_bench_needs_no_toolchain(capsys: pytest.CaptureFixture[str]) -> None:
    model = MODELS / "mlperf_ad01_int8" / "model.tflite"
    if not model.exists():
        pytest.skip("needs ../shared/models")
    assert main(["bench", str(model), "--board", "esp32c3", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert 0.3e6 < measured["instructions"] < 3e6
    assert sum(layer["instructions"] for layer in measured["layers"]) <= measured["instructions"] * 1.01
