"""Real float models, quantised by their golden inputs: as near to float as the int8 files that TensorFlow made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.frontends import load_model
from codegen.passes.integer.parts import quantized_values
from codegen.quantize import Calibration, Quantized, quantize
from codegen.quantize.measure import Distance, real
from codegen.reference import Session
from codegen.render.writer import write
from codegen.verify import Report, target_of, verify_model
from tests.conftest import FULL
from tests.support.models import MISSING, model_folder
from tests.support.tools import need

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

TWINS = (
    "mlperf_ad01",
    "mlperf_resnet8",
    "mlperf_vww",
    "tflm_hello_world",
    "tinymaix_cifar10",
    "tinymaix_mnist_resnet",
    "tinymaix_mnist_valid",
)
"""Models that are there in float and, by TensorFlow's converter, in int8."""
SLACK_DB = 3.0
OUTPUTS_DB = {
    "deepc_mnist_mlp_onnx": 35,
    "espdl_streaming_1d_onnx": 30,
    "onnx_mnist8": 30,
    "tflm_magic_wand_f32": 40,
    "tflm_mnist_lstm_f32": 40,
    "tum_micro_kws_m_f32_onnx": 24,
    "tum_text_class_f32": 35,
    **(
        {"dtln_1_onnx": 20, "pulp_dronet_v2_onnx": 14, "ultraface_slim320_onnx": 20, "yunet_n_320_onnx": 14}
        if FULL
        else {}
    ),
}
"""What every output must reach."""


def file_of(name: str) -> Path:
    return next(path for path in model_folder(name).iterdir() if path.name in {"model.tflite", "model.onnx"})


def quantised(name: str, ranges: str = "minmax") -> Quantized:
    return quantize(load_model(file_of(name)), Calibration(model_folder(name) / "io.npz", ranges))


@pytest.mark.parametrize("name", TWINS)
def test_as_near_to_float_as_tensorflow(name: str) -> None:
    made, theirs = quantised(f"{name}_f32"), load_model(file_of(f"{name}_int8"))
    distance = Distance()
    with np.load(model_folder(f"{name}_f32") / "io.npz") as golden:
        for key in (key for key in golden if key.endswith("_in0")):
            for x, want in zip(golden[key], golden[key.replace("_in0", "_out0")], strict=True):
                (t,) = theirs.inputs
                (got,) = Session(theirs).step([quantized_values(x, t.quant) if t.quant else x])
                distance.extend(want, real(theirs.outputs[0], got))
    (output,) = made.report.outputs
    assert output.snr_db is not None
    assert distance.snr_db is not None
    assert output.snr_db > distance.snr_db - SLACK_DB
    assert output.same_class in {None, 1.0}
    assert not made.report.floats


@pytest.mark.parametrize("name", sorted(OUTPUTS_DB))
def test_outputs_are_near_float(name: str) -> None:
    made = quantised(name)
    assert [fact.name for fact in made.report.outputs if (fact.snr_db or 99) < OUTPUTS_DB[name]] == []
    assert made.report.samples == len(list(_steps(name)))


def _steps(name: str) -> list[np.ndarray]:
    with np.load(model_folder(name) / "io.npz") as golden:
        return [step for key in golden if key.endswith("_in0") for step in golden[key]]


def compiled(name: str, board: str, **more: bool) -> Compiled:
    calibration = Calibration(model_folder(name) / "io.npz")
    return compile_model(file_of(name), find_board(board), Options("net", calibration=calibration, force=True, **more))


def verified(made: Compiled, name: str, board: str, folder: Path, *, recorded: bool = True) -> Report:
    target = find_board(board)
    need(*target_of(target).tools)
    write(made.files, folder / "net", force=False)
    io = model_folder(name) / "io.npz" if recorded else None
    return verify_model(folder / "net", "net", made.graph, target, io, quantized=made.quantized)


@pytest.mark.parametrize("file", ["eeg_lstm.onnx", "eeg_gru.onnx", "eeg_lstm.pnnx.param", "eeg_gru.pnnx.param"])
def test_a_pytorch_model_in_two_formats(file: str) -> None:
    folder = Path(__file__).parents[2] / "examples" / "pytorch" / "models"
    made = quantize(load_model(folder / file), Calibration(folder / f"{file.partition('.')[0]}.npz"))
    (output,) = made.report.outputs
    assert output.snr_db is not None
    assert output.snr_db > 40
    assert output.same_class == 1.0
    assert any(word in made.report.floats[0][0] for word in ("LSTM", "GRU"))
    assert len(set(made.report.floats)) == len(made.report.floats)


@pytest.mark.parametrize(
    ("name", "board", "stand_in"),
    [
        ("mlperf_vww_f32", "k210", "host"),
        ("mlperf_resnet8_f32", "stm32f4", "stm32f4"),
        ("onnx_mnist8", "esp32c3", "esp32c3"),
        *([("mlperf_vww_f32", "k210", "k210"), ("tum_micro_kws_m_f32_onnx", "stm32f7", "stm32f7")] if FULL else []),
    ],
)
def test_the_c_is_the_quantised_model(name: str, board: str, stand_in: str, tmp_path: Path) -> None:
    made = compiled(name, board, exact=True)
    report = verified(made, name, stand_in, tmp_path)
    assert report.passed, report.text()
    assert report.judge == "numpy"
    (mine,), (far,) = made.quantized.report.outputs, report.distances
    assert far.same_class == 1.0
    assert far.max_error == pytest.approx(mine.max_error, rel=1e-3)
    assert "from the float model: " in report.text()


def test_vww_runs_on_the_kpu() -> None:
    made = compiled("mlperf_vww_f32", "k210")
    layers = made.facts["models"][0]["layers"]
    on_chip = sum(layer["macs"] for layer in layers if layer["backend"] == "kpu")
    assert on_chip >= 0.99 * sum(layer["macs"] for layer in layers)
