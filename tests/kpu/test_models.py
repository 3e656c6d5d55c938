"""Real models on the KPU: the generated library on the simulator, on this PC and on RV64, against golden outputs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from codegen.backends.kpu.segment import KpuSegment
from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.render.writer import write
from codegen.verify import Report, target_of, verify_model
from tests.support.models import MISSING, model_folder
from tests.support.tools import need

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

EQUAL = [
    "mlperf_vww_int8",
    "mlperf_kws_int8",
    "tinymaix_mbnet128_025_int8",
    "tflm_person_detect_int8",
    "tinymaix_mnist_valid_int8",
    "tinymaix_mnist_resnet_int8",
    "coral_mobilenet_v1_025_128_uint8",
]
SHARES = {
    "tinymaix_mnist_valid_int8": 0.99,
    "coral_mobilenet_v1_025_128_uint8": 0.99,
    "mlperf_vww_int8": 0.99,
    "tinymaix_mbnet128_025_int8": 0.99,
    "mlperf_resnet8_int8": 0.95,
}
MAIN_MEMORY_BYTES = 30_000
ON_RV64 = [
    ("mlperf_vww_int8", False),
    ("mlperf_kws_int8", False),
    ("mlperf_resnet8_int8", True),
    pytest.param("tinymaix_mbnet128_025_int8", False, marks=pytest.mark.full),
]
"""Models and whether what may differ goes to the CPU."""


def compiled(name: str, *, exact: bool = False) -> Compiled:
    board = find_board("k210")
    return compile_model(model_folder(name) / "model.tflite", board, Options(name="net", exact=exact, force=True))


def verified(made: Compiled, name: str, board: str, directory: Path) -> Report:
    target = find_board(board)
    need(*target_of(target).tools)
    write(made.files, directory / "net", force=False)
    return verify_model(directory / "net", "net", made.graph, target, model_folder(name) / "io.npz")


@pytest.mark.parametrize("name", EQUAL)
def test_outputs_on_this_pc(name: str, tmp_path: Path) -> None:
    report = verified(compiled(name), name, "host", tmp_path)
    assert report.passed, report.text()


@pytest.mark.parametrize(("name", "exact"), ON_RV64)
def test_outputs_on_rv64(name: str, tmp_path: Path, *, exact: bool) -> None:
    report = verified(compiled(name, exact=exact), name, "k210", tmp_path)
    assert report.passed, report.text()


def test_exact_leaves_what_may_differ_to_the_cpu(tmp_path: Path) -> None:
    made = compiled("mlperf_resnet8_int8", exact=True)
    whys = [layer.why for layer in made.program.layers if isinstance(layer.op, KpuSegment)]
    assert whys
    assert all("all exact" in why for why in whys)
    report = verified(made, "mlperf_resnet8_int8", "host", tmp_path)
    assert report.passed, report.text()


def test_what_may_differ_is_said() -> None:
    whys = [layer.why for layer in compiled("mlperf_resnet8_int8").program.layers if isinstance(layer.op, KpuSegment)]
    assert any("CONV_2D #2: " in why and "--exact" in why for why in whys)


@pytest.mark.parametrize("name", SHARES)
def test_the_share_of_multiplies(name: str) -> None:
    layers = compiled(name).program.layers
    on_chip = sum(layer.op.macs() for layer in layers if isinstance(layer.op, KpuSegment))
    assert on_chip >= SHARES[name] * sum(layer.op.macs() for layer in layers)


def test_resnet_is_one_segment() -> None:
    """Its residuals are sums in KPU RAM: one upload, one download, no copy by the CPU, no sum that could differ."""
    layers = compiled("mlperf_resnet8_int8").program.layers
    (segment,) = [layer for layer in layers if isinstance(layer.op, KpuSegment)]
    kernels = Counter(placed.call.kernel for placed in segment.calls)
    assert kernels == {"genc_kpu_upload": 1, "genc_kpu_conv": 12, "genc_kpu_download": 1}
    assert "ADD #" not in segment.why


def test_main_memory() -> None:
    assert compiled("mlperf_vww_int8").program.ram_bytes <= MAIN_MEMORY_BYTES
