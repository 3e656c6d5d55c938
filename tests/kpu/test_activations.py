"""TFLite's activations behind a convolution, from the file to the generated C: all of it stays on the KPU."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.kpu.segment import KpuSegment
from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.render.writer import write
from codegen.verify import target_of, verify_model
from tests.support.random_models import SIGMOID, TANH, Quant, RandomModel
from tests.support.tools import need

SIDE, CHANNELS = 24, 8
FUNCTIONS: dict[str, tuple[Quant, dict[str, float]]] = {
    "LOGISTIC": (SIGMOID, {}),
    "TANH": (TANH, {}),
    "LEAKY_RELU": ((0.0625, -40), {"alpha": 0.1}),
    "HARD_SWISH": ((0.04, -110), {}),
    "ELU": ((0.05, -100), {}),
}


def model(function: str, path: Path) -> Path:
    """Two convolutions, the function between them."""
    m = RandomModel(random.Random(function))  # noqa: S311
    x = m.value((1, SIDE, SIDE, CHANNELS), (0.0625, 0))
    for step in range(2):
        weights, bias = m.weights((CHANNELS, 3, 3, CHANNELS), 0, x)
        y = m.value(x.shape, (0.0625, -3))
        m.emit("CONV_2D", [x, weights, bias], [y], stride_h=1, stride_w=1, padding="SAME")
        x = y
        if step == 0:
            quant, options = FUNCTIONS[function]
            x = m.value(x.shape, quant)
            m.emit(function, [y], [x], **options)
    path.write_bytes(m.writer.build([m.values[0].index], [x.index]))
    return path


def compiled(path: Path, *, exact: bool) -> Compiled:
    return compile_model(path, find_board("k210"), Options(name="net", exact=exact, force=True))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_stays_on_the_kpu(function: str, tmp_path: Path) -> None:
    program = compiled(model(function, tmp_path / "net.tflite"), exact=False).program
    (layer,) = program.layers
    assert isinstance(layer.op, KpuSegment)
    assert len(layer.op.members) == 3
    assert all(placed.call.kernel != "genc_kpu_place" for placed in layer.calls)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_exact_is_tflite(function: str, tmp_path: Path) -> None:
    target = find_board("host")
    need(*target_of(target).tools)
    made = compiled(model(function, tmp_path / "net.tflite"), exact=True)
    write(made.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", made.graph, target, None)
    assert report.passed, report.text()
    assert np.prod(made.graph.inputs[0].shape) == SIDE * SIDE * CHANNELS
