"""The harness itself: what is wrong must be noticed, on the PC and on every emulator."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import Board, find_board
from codegen.errors import GencError
from codegen.ir import DType, Graph, Tensor
from codegen.resources import resource_dir
from codegen.verify import run_package, target_of, verify_model
from codegen.verify.golden import Case, Step
from tests.support.tools import need

HEADER = """
#ifndef TINY_H
#define TINY_H
#include "genc.h"
typedef struct { GENC_ALIGNED(16) uint8_t arena_[32]; GENC_ALIGNED(16) int32_t state_[4]; } tiny_t;
genc_status tiny_init(tiny_t *nn);
genc_status tiny_run(tiny_t *nn);
extern const genc_model tiny_model;
#endif
"""

# Two inputs int8[4] and int32[1]; output 0 is int8[2, 2], the input plus the number of runs since init,
# output 1 is the int32.
SOURCE = """
#include "tiny.h"
static const int32_t shape4[] = {4}, shape1[] = {1}, shape22[] = {2, 2};
static void *in0(void *p) { return ((tiny_t *)p)->arena_; }
static void *in1(void *p) { return ((tiny_t *)p)->arena_ + 4; }
static void *out0(void *p) { return ((tiny_t *)p)->arena_ + 8; }
static const genc_tensor inputs[] = {
    {"a", GENC_INT8, 1, shape4, 4, 4, 0.5f, 0, in0}, {"b", GENC_INT32, 1, shape1, 1, 4, 0.0f, 0, in1}};
static const genc_tensor outputs[] = {
    {"c", GENC_INT8, 2, shape22, 4, 4, 0.5f, 0, out0}, {"d", GENC_INT32, 1, shape1, 1, 4, 0.0f, 0, in1}};
static genc_status init(void *p) { return tiny_init((tiny_t *)p); }
static genc_status run(void *p) { return tiny_run((tiny_t *)p); }
static void reset(void *p) { ((tiny_t *)p)->state_[0] = 0; }
GLOBALS
genc_status tiny_init(tiny_t *nn) { nn->state_[0] = 0; INIT; return GENC_OK; }
genc_status tiny_run(tiny_t *nn)
{
    int32_t *count = &nn->state_[0];
    *count += 1;
    for (int i = 0; i < 4; i++) nn->arena_[8 + i] = (uint8_t)(nn->arena_[i] + *count);
    RUN;
    return GENC_OK;
}
const genc_model tiny_model = {"tiny", sizeof(tiny_t), 16, 32, 16, 2, 2, inputs, outputs, init, run, reset, 0, NULL,
                               0, 0, NULL, 0, NULL};
"""

HOST = find_board("host")
BOARDS = ["host", "stm32g0", "stm32f4", "stm32f7", "stm32u5", "stm32n6", "esp32c3", "esp32p4", "k210", "esp32"]
GRAPH = Graph(
    "tiny",
    inputs=[Tensor("a", (4,), DType.INT8), Tensor("b", (1,), DType.INT32)],
    outputs=[Tensor("c", (2, 2), DType.INT8), Tensor("d", (1,), DType.INT32)],
)


def board_or_skip(name: str) -> Board:
    board = find_board(name)
    need(*target_of(board).tools)
    return board


def package(directory: Path, run: str = "", init: str = "", file_scope: str = "") -> Path:
    """A library by hand, with something to go wrong."""
    source = directory / "src"
    source.mkdir()
    shutil.copy(resource_dir("runtime_c") / "genc.h", source)
    (source / "tiny.h").write_text(HEADER)
    text = SOURCE.replace("GLOBALS", file_scope).replace("INIT;", init + ";" if init else "")
    (source / "tiny.c").write_text(text.replace("RUN;", run + ";" if run else ""))
    return directory


def cases() -> list[Case]:
    """Three cases of 2, 1 and 3 steps."""
    made = []
    for number, steps in enumerate((2, 1, 3)):
        made.append(Case(f"case {number}", []))
        for step in range(steps):
            a = np.array([1, 2, 3, -128 + number], np.int8)
            b = np.array([-1000 * number - step], np.int32)
            made[-1].steps.append(Step([a, b], {"out": [(a + np.int8(step + 1)).reshape(2, 2), b]}))
    return made


def save(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path, **arrays)
    return path


def golden(path: Path, **changes: np.ndarray) -> Path:
    arrays: dict[str, np.ndarray] = {}
    for k, case in enumerate(cases()):
        for i in range(2):
            arrays[f"c{k}_in{i}"] = np.stack([step.inputs[i] for step in case.steps])
            arrays[f"c{k}_out{i}"] = np.stack([step.expected["out"][i] for step in case.steps])
    return save(path, arrays | changes)


@pytest.mark.parametrize("name", BOARDS)
def test_outputs_instructions_and_stack_on_every_target(tmp_path: Path, name: str) -> None:
    board = board_or_skip(name)
    report = verify_model(package(tmp_path), "tiny", GRAPH, board, golden(tmp_path / "io.npz"))
    assert report.passed, report.text()
    assert report.judge == "out"
    assert report.bytes_compared == 6 * 8
    result = report.result
    assert result.instance_bytes == 48
    if name == "host":
        assert result.instructions == []
        return
    assert len(result.instructions) == 6
    assert all(20 < count < 120 for count in result.instructions), result.instructions
    assert 0 <= result.stack_bytes < 200


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize(("where", "index"), [("before", "-1"), ("after", "sizeof(tiny_t) + 7")])
def test_a_write_outside_the_instance_is_noticed(tmp_path: Path, name: str, where: str, index: str) -> None:
    board = board_or_skip(name)
    stray = f"((volatile uint8_t *)nn)[{index}] = 1"
    result = run_package(package(tmp_path, run=stray), "tiny", board, cases())
    expected = "AddressSanitizer" if name == "host" else f"guard zone {where} it was written"
    assert any(expected in fault for fault in result.faults), result.faults


def test_a_read_outside_the_instance_is_noticed_on_the_host(tmp_path: Path) -> None:
    stray = "nn->arena_[31] = ((volatile uint8_t *)nn)[sizeof(tiny_t)]"
    result = run_package(package(tmp_path, run=stray), "tiny", HOST, cases())
    assert any("AddressSanitizer" in fault for fault in result.faults), result.faults


@pytest.mark.parametrize("name", BOARDS)
def test_state_shared_by_two_instances_is_noticed(tmp_path: Path, name: str) -> None:
    board = board_or_skip(name)
    faulty = package(tmp_path, file_scope="static uint8_t runs;", run="nn->arena_[8] = runs++")
    result = run_package(faulty, "tiny", board, cases())
    assert any("two instances differ" in fault for fault in result.faults), result.faults


def test_memory_taken_for_zero_is_noticed(tmp_path: Path) -> None:
    lazy = package(tmp_path, run="nn->arena_[8] = (uint8_t)(nn->arena_[8] + nn->arena_[20])")
    report = verify_model(lazy, "tiny", GRAPH, HOST, golden(tmp_path / "io.npz"))
    assert not report.passed


@pytest.mark.parametrize("name", ["host", "stm32g0", "esp32"])
def test_an_unaligned_access_is_noticed(tmp_path: Path, name: str) -> None:
    board = board_or_skip(name)
    stray = "uint8_t *odd = nn->arena_ + 21; *(volatile int32_t *)(void *)odd = 1"
    result = run_package(package(tmp_path, run=stray), "tiny", board, cases())
    assert result.faults
    expected = "misaligned" if name == "host" else "fault processor"
    assert expected in result.log


def test_undefined_behaviour_is_noticed(tmp_path: Path) -> None:
    overflow = "nn->state_[1] = 0x7fffffff; nn->state_[1] += *count"
    result = run_package(package(tmp_path, run=overflow), "tiny", HOST, cases())
    assert any("signed integer overflow" in fault for fault in result.faults), result.faults


@pytest.mark.parametrize(("part", "code"), [("init", "return GENC_ERR_ARG"), ("run", "return GENC_ERR_ABORT")])
def test_an_error_status_is_noticed(tmp_path: Path, part: str, code: str) -> None:
    result = run_package(package(tmp_path, **{part: f"if (nn->state_[0] >= 0) {code}"}), "tiny", HOST, cases())
    assert any(f"{part} returned" in fault for fault in result.faults), result.faults


@pytest.mark.parametrize("name", ["host", "stm32f4"])
def test_a_run_without_end_is_ended(tmp_path: Path, name: str) -> None:
    board = board_or_skip(name)
    endless = package(tmp_path, run="while (nn->state_[0]) nn->state_[2] = (nn->state_[2] + 1) & 255")
    result = run_package(endless, "tiny", board, cases(), timeout_s=2)
    assert result.faults == ["no end within 2 s"]


def test_a_wrong_expectation_is_told_in_detail(tmp_path: Path) -> None:
    wrong = np.stack([step.expected["out"][0] for step in cases()[2].steps])
    wrong[1, 0, 1] += 5
    report = verify_model(package(tmp_path), "tiny", GRAPH, HOST, golden(tmp_path / "io.npz", c2_out0=wrong))
    assert not report.passed
    assert not report.judge
    (mismatch,) = report.mismatches
    assert str(mismatch) == (
        "case 2, step 1, output c: 1 of 4 elements differ, by at most 5; first at [0, 1]: expected 9, got 4"
    )
    assert str(mismatch) in report.text()
    assert report.json()["passed"] is False


def test_tflm_is_the_judge_when_all_its_outputs_agree(tmp_path: Path) -> None:
    right = np.stack([step.expected["out"][0] for step in cases()[2].steps])
    path = golden(tmp_path / "io.npz", c2_out0=right + np.int8(1), c2_tflm0=right)
    report = verify_model(package(tmp_path), "tiny", GRAPH, HOST, path)
    assert report.passed
    assert report.judge == "tflm"


def test_half_the_golden_data_and_half_tflm_is_not_enough(tmp_path: Path) -> None:
    first, last = (np.stack([s.expected["out"][0] for s in cases()[k].steps]) for k in (0, 2))
    one = np.int8(1)
    path = golden(tmp_path / "io.npz", c0_tflm0=first + one, c2_out0=last + one, c2_tflm0=last)
    assert not verify_model(package(tmp_path), "tiny", GRAPH, HOST, path).passed


def test_warnings_of_generated_c_are_errors(tmp_path: Path) -> None:
    with pytest.raises(GencError, match="unused"):
        run_package(package(tmp_path, run="int unused"), "tiny", HOST, cases())


def test_a_missing_compiler_names_the_debian_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GencError, match="apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"):
        run_package(tmp_path, "tiny", find_board("stm32n6"), cases())


def test_a_board_without_emulator_runs_on_the_host(tmp_path: Path) -> None:
    report = verify_model(package(tmp_path), "tiny", GRAPH, find_board("esp32s3"), golden(tmp_path / "io.npz"))
    assert report.passed
    assert "esp32s3 has no emulator" in report.text()
