"""--calibrate on the command line: summary, JSON, reports, verify, kmodel; errors with a way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from codegen import cli
from codegen.frontends import load_model
from codegen.kmodel import read_kmodel
from codegen.passes.integer.parts import quantized_values
from codegen.quantize import Calibration, quantize
from codegen.quantize.ranges import METHODS
from codegen.reference import Session
from tests.support.kmodel_machine import Machine
from tests.support.kpu import simulator
from tests.support.onnx_models import model
from tests.support.tools import need

RNG = np.random.default_rng(7)
X = RNG.normal(size=(10, 3, 8, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float network (convolution, relu, convolution, mean, softmax) and samples."""
    path = tmp_path_factory.mktemp("quantised")
    weights = {
        "w0": RNG.normal(0, 0.3, (8, 3, 3, 3)),
        "b0": RNG.normal(size=8),
        "w1": RNG.normal(0, 0.3, (5, 8, 1, 1)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w0", "b0"], ["a"], pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Conv", ["r", "w1"], ["c"]),
        helper.make_node("GlobalAveragePool", ["c"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("Softmax", ["f"], ["y0"]),
    ]
    constants = {name: value.astype(np.float32) for name, value in weights.items()}
    onnx.save(model(nodes, {"x": X[:1]}, constants), path / "net.onnx")
    np.savez(path / "samples.npz", x=X)
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = cli.main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_line_knows_the_methods() -> None:
    assert set(cli.RANGES) == set(METHODS)


@pytest.mark.parametrize("ranges", sorted(METHODS))
def test_the_summary_has_a_table_and_the_distance(
    ranges: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--board", "stm32", "--calibrate", folder / "samples.npz", "--ranges", ranges, "-o", tmp_path / "out"]
    code, out, _ = run(capsys, folder / "net.onnx", *words)
    assert code == 0
    assert "SNR dB" in out
    assert f"ranges by {ranges} of 10 samples, weights of 8 bits" in out
    assert "same class in" in out
    assert "a quarter with --quantized-io" in out
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Quantised from float32" in page
    facts = json.loads((tmp_path / "out" / "report.json").read_text())["models"][0]["quantization"]
    assert facts["ranges"] == ranges
    assert [fact["name"] for fact in facts["outputs"]] == ["y0"]
    assert len(facts["layers"]) >= 6
    assert facts["floats"] == []


def test_json_and_reproducibility(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files: list[dict[str, bytes]] = []
    for name in ("a", "b"):
        words = ["--board", "host", "--calibrate", folder / "samples.npz", "-o", tmp_path / name, "--json"]
        code, out, _ = run(capsys, folder / "net.onnx", *words)
        data: dict[str, Any] = json.loads(out)
        assert code == 0
        assert data["quantization"]["samples"] == 10
        files.append({str(p.relative_to(tmp_path / name)): p.read_bytes() for p in (tmp_path / name).rglob("*.[ch]")})
    assert files[0] == files[1]


@pytest.mark.parametrize("more", [[], ["--quantized-io"], ["--weights", "16"], ["--input", "rows"], ["--layers"]])
def test_verify_compares_with_the_quantised_model(
    more: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("cc")
    code, out, _ = run(capsys, "verify", folder / "net.onnx", "--calibrate", folder / "samples.npz", *more)
    assert code == 0
    if more == ["--layers"]:
        assert "C and numpy's meaning: agree everywhere" in out
    else:
        assert "equal to numpy's meaning (8 cases" in out
        assert "from the float model: y0: " in out


def test_verify_takes_golden_data_of_the_float_model(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("cc")
    wrong = np.full((4, 1, 5), 0.2, np.float32)
    np.savez(tmp_path / "io.npz", in0=X[:4, None], out0=wrong)
    words = [
        "verify",
        folder / "net.onnx",
        "--calibrate",
        folder / "samples.npz",
        "--io",
        tmp_path / "io.npz",
        "--json",
    ]
    code, out, _ = run(capsys, *words)
    data = json.loads(out)
    assert code == 0
    assert data["equal_to"] == "numpy"
    assert data["cases"] == 4
    assert data["from_float"][0]["max_value"] == pytest.approx(0.2)
    assert data["from_float"][0]["snr_db"] < 30


def test_a_float_model_becomes_a_kmodel(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--board", "k210", "--format", "kmodel", "-o", tmp_path / "net.kmodel"]
    code, _, err = run(capsys, folder / "net.onnx", *words)
    assert code == 2
    assert "must be int8" in err
    code, out, _ = run(capsys, folder / "net.onnx", *words, "--calibrate", folder / "samples.npz")
    assert code == 0
    assert "2 convolutions on the KPU" in out
    assert "output y0: " in out


def test_the_kmodel_computes_the_quantised_model(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("gcc")
    words = [folder / "net.onnx", "--format", "kmodel", "--calibrate", folder / "samples.npz"]
    assert run(capsys, *words, "-o", tmp_path / "net.kmodel")[0] == 0
    machine = Machine(read_kmodel((tmp_path / "net.kmodel").read_bytes()), simulator(tmp_path))
    made = quantize(load_model(folder / "net.onnx"), Calibration(folder / "samples.npz"))
    first = next(op.y for op in made.graph.operators if op.kind == "quantize")
    for x in X:
        (want,) = Session(made.graph).step([x[None]])
        pixels = quantized_values(x, first.quant).astype(np.int16) + 128  # channels first, as the model and the chip
        got = machine.run(pixels.astype(np.uint8))[0].view("<f4")
        assert np.abs(got - want.reshape(-1)).max() <= 2 / 256


def test_errors(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, samples, twin = folder / "net.onnx", folder / "samples.npz", tmp_path / "twin.onnx"
    twin.write_bytes(net.read_bytes())
    np.save(tmp_path / "last.npy", X.transpose(0, 2, 3, 1))
    for words, message in [
        ([net, "--board", "host", "--ranges", "kld"], "--ranges without --calibrate"),
        ([net, "--board", "host", "--weights", "16"], "--weights without --calibrate"),
        ([net, "--board", "host", "--calibrate", tmp_path / "none.npz"], "none.npz: No such file"),
        ([net, "--board", "host", "--calibrate", tmp_path / "last.npy"], "channels first: transpose every sample by"),
        ([net, twin, "--board", "host", "--name", "p", "--calibrate", samples], "calibration data belong to one model"),
        ([net, "--board", "host", "--calibrate", samples, "--layer", "Cnv*=float32"], "is not in the model"),
        ([net, "--board", "host", "--calibrate", samples, "--layer", "*=float32"], "there is nothing to quantise"),
    ]:
        code, out, err = run(capsys, *words, "-o", tmp_path / "out")
        assert (code, out) == (2, "")
        assert message in err
