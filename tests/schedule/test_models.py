"""Real models: the RAM that the project promises, everything included, and the declarations of their kernels."""

from __future__ import annotations

import time

import pytest

from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.frontends import load_model
from codegen.ir import Graph
from codegen.passes import run_passes
from codegen.passes.quantized_borders import quantized_borders
from codegen.schedule import Goal, schedule, verify_plan
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
        ("mlperf_resnet8_int8", Goal(ram_bytes=14_500, input_rows=True), 14_500),
    ],
)
def test_an_instance_stays_within_what_is_promised(name: str, goal: Goal, most_bytes: int) -> None:
    program = schedule(lowered(name), [Portable()], CORE, goal)
    assert program.lower_bound_bytes <= program.arena_bytes <= program.ram_bytes <= most_bytes


@pytest.mark.parametrize("name", ["tinyengine_mcunetv2_large", "tinyengine_vww", "coral_split_concat_uint8"])
def test_large_and_odd_models_are_planned_quickly_near_the_bound(name: str) -> None:
    graph = lowered(name)
    start = time.process_time()
    program = schedule(graph, [Portable()], CORE)
    assert time.process_time() - start < 5
    verify_plan(program)
    assert program.arena_bytes <= 1.02 * program.lower_bound_bytes
