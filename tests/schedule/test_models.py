"""Real models: the RAM that the project promises, everything included, and the declarations of their kernels."""

from __future__ import annotations

import time

import pytest

from codegen.backends import load_backends
from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.boards import find_board
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir import Graph
from codegen.passes import run_passes
from codegen.passes.quantized_borders import quantized_borders
from codegen.schedule import Goal, schedule, verify_plan
from codegen.schedule.program import Program
from tests.support.models import model_folder

pytestmark = pytest.mark.models

CORE = Core("any")


def lowered(name: str) -> Graph:
    graph = quantized_borders(load_model(model_folder(name) / "model.tflite"))
    run_passes(graph)
    return graph


@pytest.mark.parametrize(
    ("name", "goal", "most_bytes"),
    [
        ("mlperf_vww_int8", Goal(), 29_500),
        ("mlperf_resnet8_int8", Goal(), 17_000),
        ("mlperf_kws_int8", Goal("ram"), 7_200),
        ("mlperf_ad01_int8", Goal(), 900),
        ("tinyengine_vww", Goal(), 24_000),
        ("mlperf_vww_int8", Goal(input_rows=True), 16_500),
        ("mlperf_resnet8_int8", Goal(input_rows=True), 14_500),
    ],
)
def test_an_instance_stays_within_what_is_promised(name: str, goal: Goal, most_bytes: int) -> None:
    program = schedule(lowered(name), [Portable()], CORE, goal)
    assert program.lower_bound_bytes <= program.arena_bytes <= program.ram_bytes <= most_bytes


@pytest.mark.parametrize(
    ("name", "goal", "most_bytes"),
    [
        ("mlperf_vww_int8", Goal(), 29_500),
        ("mlperf_resnet8_int8", Goal(), 17_000),
        ("mlperf_kws_int8", Goal(), 7_200),
        ("mlperf_ad01_int8", Goal(), 900),
        ("tinyengine_vww", Goal(), 24_000),
        ("mlperf_vww_int8", Goal(input_rows=True), 16_500),
        ("mlperf_resnet8_int8", Goal(input_rows=True), 14_500),
    ],
)
def test_the_dsp_kernels_stay_within_it_too(name: str, goal: Goal, most_bytes: int) -> None:
    board = find_board("stm32f4")
    assert schedule(lowered(name), load_backends(board.backend), board.core, goal).ram_bytes <= most_bytes


def test_a_chain_of_narrow_rows_is_streamed_for_five_percent() -> None:
    board = find_board("stm32f4")
    graph, backends = lowered("mlperf_kws_int8"), load_backends(board.backend)
    small, fast = (schedule(graph, backends, board.core, goal) for goal in (Goal(ram_bytes=7_200), Goal("speed")))
    assert small.instructions <= 1.05 * fast.instructions


@pytest.mark.parametrize("name", ["mlperf_vww_int8", "mlperf_kws_int8"])
@pytest.mark.parametrize("board_name", ["stm32f4", "stm32n6"])
def test_the_least_ram_is_no_more_than_the_default(board_name: str, name: str) -> None:
    board = find_board(board_name)
    graph, backends = lowered(name), load_backends(board.backend)
    least, default = (schedule(graph, backends, board.core, goal).ram_bytes for goal in (Goal("ram"), Goal()))
    assert least <= default


@pytest.mark.parametrize("name", ["tinyengine_mcunetv2_large", "tinyengine_vww", "coral_split_concat_uint8"])
def test_large_and_odd_models_are_planned_quickly_near_the_bound(name: str) -> None:
    graph = lowered(name)
    start = time.process_time()
    program = schedule(graph, [Portable()], CORE)
    assert time.process_time() - start < 5
    verify_plan(program)
    assert program.arena_bytes <= 1.02 * program.lower_bound_bytes


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("mlperf_vww_int8", marks=pytest.mark.full),
        *("mlperf_kws_int8", "mlperf_resnet8_int8", "tflm_mnist_lstm_int8", "tinymaix_mnist_valid_f32"),
    ],
)
def test_a_budget_is_met_with_the_least_work_or_the_smallest_is_named(name: str) -> None:
    """With less RAM allowed the work never shrinks; with as much as the fastest plan takes, it is the fastest one."""
    board = find_board("stm32f4")
    graph, backends = lowered(name), load_backends(board.backend)

    def planned(goal: Goal) -> Program:
        return schedule(graph.copy(), backends, board.core, goal)

    fastest, smallest = planned(Goal("speed")), planned(Goal("ram"))
    assert planned(Goal(ram_bytes=fastest.ram_bytes)).instructions <= fastest.instructions
    work = []
    for part in range(5):
        budget = smallest.ram_bytes + (fastest.ram_bytes - smallest.ram_bytes) * part // 4
        program = planned(Goal(ram_bytes=budget))
        assert program.ram_bytes <= budget
        work.append(program.instructions)
    assert work == sorted(work, reverse=True)
    with pytest.raises(GencError) as refused:
        planned(Goal(ram_bytes=smallest.ram_bytes - 1))
    least = int(str(refused.value).rpartition("--ram ")[2])
    assert least <= smallest.ram_bytes
    assert planned(Goal(ram_bytes=least)).ram_bytes <= least
