"""Assembly of the portable kernels for ARMv6-M, on an emulated Cortex-M0+, against codegen.reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.backends import load_backends
from codegen.boards import find_board
from codegen.ir import Graph
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify import target_of, verify_model
from tests.kernels.test_armv7em_assembly import convolutions, depthwise_layers, matrices
from tests.support.tools import need

BOARD = find_board("stm32g0")


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("make", "kernel"),
    [
        (convolutions, "genc_conv_s8_8x1"),
        (matrices, "genc_fully_connected_s8"),
        (depthwise_layers, "genc_depthwise_3x3_s8"),
    ],
)
def test_the_assembly(tmp_path: Path, make: Callable[[], Graph], kernel: str) -> None:
    need(*target_of(BOARD).tools)
    graph = make()
    program = schedule(graph, load_backends("portable"), BOARD.core)
    kernels = {call.kernel for layer in program.layers if layer.candidate for call in layer.candidate.calls}
    assert kernel in kernels
    write(render(program, RenderOptions("net", BOARD, "net.tflite", "0" * 64, None)), tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", graph, BOARD)
    assert report.passed, report.text()
