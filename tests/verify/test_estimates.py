"""The cost model: what plans are made with is near what emulators count, for whole models on every core."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from codegen.verify import target_of
from codegen.verify.bench import bench_model
from tests.support.models import model_folder
from tests.support.tools import need
from tools.bench import BACKENDS, ESTIMATED, ESTIMATED_BOARDS, is_meaningful

WITHIN = 0.10
"""A whole model's estimate may be off by so much."""

QUICK = ["mlperf_ad01_int8", "tflm_hello_world_int8", "tflm_mnist_lstm_int8"]
PAIRS = [(model, board) for board in ESTIMATED_BOARDS for model in ESTIMATED if is_meaningful(model, board)]


@pytest.mark.models
@pytest.mark.parametrize(
    ("model", "board"),
    [pytest.param(*pair, marks=() if pair[0] in QUICK else pytest.mark.full) for pair in PAIRS],
)
def test_a_model_costs_what_was_estimated(model: str, board: str, tmp_path: Path) -> None:
    need(*target_of(find_board(board)).tools)
    options = Options(name="net", force=True, backend=BACKENDS.get(board))
    made = compile_model(model_folder(model) / "model.tflite", find_board(board), options)
    write(made.files, tmp_path / "net", force=False)
    bench = bench_model(tmp_path / "net", "net", made.graph, made.program, find_board(board))
    assert abs(bench.estimate_off) <= WITHIN, f"{bench.estimate:,} estimated, {bench.instructions:,} counted"
