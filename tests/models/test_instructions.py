"""Instructions of real models on an emulated Cortex-M4, which are exact, and the RAM: what the project promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from codegen.schedule import DEFAULT_GOAL, Goal
from codegen.verify import target_of
from codegen.verify.bench import Bench, bench_model
from tests.support.models import model_folder
from tests.support.tools import need

pytestmark = [pytest.mark.models, pytest.mark.emulator]

BOARD = find_board("stm32f4")
STREAMING = 1.05
"""Most that running row by row may cost, of the instructions of the plan in which nothing does."""


def measured(name: str, folder: Path, goal: Goal = DEFAULT_GOAL) -> Bench:
    """What `gen-c bench` finds; its outputs are compared."""
    need(*target_of(BOARD).tools)
    source = model_folder(name)
    integers = name == "tinyengine_vww"
    options = Options(name="net", force=True, goal=goal, quantized_io=integers)
    compiled = compile_model(source / "model.tflite", BOARD, options)
    write(compiled.files, folder / goal.optimize, force=False)
    io = None if integers else source / "io.npz"
    return bench_model(folder / goal.optimize, "net", compiled.graph, compiled.program, BOARD, io=io)


@pytest.mark.parametrize(
    ("name", "most_bytes", "most_instructions"),
    [
        ("mlperf_vww_int8", 29_500, 6_500_000),
        ("mlperf_resnet8_int8", 17_000, 14_000_000),
        ("tinyengine_vww", 24_000, 16_000_000),
        ("mlperf_streaming_ww_int8", 4_200, 1_050_000),
    ],
)
def test_small_and_fast(name: str, most_bytes: int, most_instructions: int, tmp_path: Path) -> None:
    small, fast = measured(name, tmp_path), measured(name, tmp_path, Goal("speed"))
    assert small.ram_bytes <= most_bytes
    assert small.instructions <= min(most_instructions, STREAMING * fast.instructions)


@pytest.mark.parametrize(
    ("name", "most_instructions"),
    [
        ("mlperf_kws_int8", 3_600_000),
        ("mlperf_ad01_int8", 330_000),
    ],
)
def test_fast(name: str, most_instructions: int, tmp_path: Path) -> None:
    assert measured(name, tmp_path, Goal("speed")).instructions <= most_instructions


@pytest.mark.parametrize(("goal", "most_bytes"), [("speed", 20 * 1024), ("flash", 8 * 1024)])
def test_little_code(goal: str, most_bytes: int, tmp_path: Path) -> None:
    """Kernels and all else but the constants, linked."""
    assert measured("mlperf_vww_int8", tmp_path, Goal(goal)).flash.rest <= most_bytes
