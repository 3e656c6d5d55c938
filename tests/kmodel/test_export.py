"""Models as kmodel v3: written, read back and run as Kendryte's kpu.c would, on the KPU's simulator."""

from __future__ import annotations

import ctypes
import json
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from codegen.cli import main
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir import Activation, Array, Graph, Quantization
from codegen.ir.ops import Conv2D
from codegen.kmodel import kmodel_of, read_kmodel, write_kmodel
from codegen.passes import run_passes
from codegen.passes.quantized_borders import quantized_borders
from codegen.reference.evaluation import run as evaluate
from tests.support.kmodel_machine import Machine
from tests.support.kpu import simulator
from tests.support.kpu_networks import Network
from tests.support.models import MISSING, model_folder
from tests.support.tools import need

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

MODELS = {"mlperf_vww_int8": 22, "tinymaix_mbnet128_025_int8": 256, "coral_mobilenet_v1_025_128_uint8": 256}
"""Channels of the last map, which is exact."""
VWW = "mlperf_vww_int8"


@pytest.fixture(scope="module")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("gcc")
    return simulator(tmp_path_factory.mktemp("kmodel"))


def graph_of(name: str) -> Graph:
    return quantized_borders(load_model(model_folder(name) / "model.tflite"))


def planes(image: Array) -> Array:
    return np.asarray(image[0].transpose(2, 0, 1).astype(np.int16) - np.iinfo(image.dtype).min, np.uint8)


@cache
def ran(name: str, lib: ctypes.CDLL) -> tuple[Machine, Array, dict[str, Array], Graph]:
    """A machine that has run, its first output, what each tensor should be."""
    graph = graph_of(name)
    data = kmodel_of(graph)
    model = read_kmodel(data)
    assert write_kmodel(model) == data
    x = np.load(model_folder(name) / "io.npz")["c0_in0"][0]
    machine = Machine(model, lib)
    y = machine.run(planes(x))[0].view("<f4")
    lowered = graph.copy()
    run_passes(lowered)
    return machine, y, {t.name: value for t, value in evaluate(lowered, [x]).items()}, graph


@pytest.mark.parametrize("name", [*MODELS, "mlperf_resnet8_int8"])
def test_results_are_within_one_unit(name: str, lib: ctypes.CDLL) -> None:
    _, y, values, graph = ran(name, lib)
    quant = graph.outputs[0].quant
    assert quant is not None
    wanted = (values[graph.outputs[0].name].reshape(-1).astype(np.float64) - quant.zero_point) * quant.scale
    assert np.abs(y - wanted).max() <= quant.scale


@pytest.mark.parametrize("name", MODELS)
def test_the_last_map_is_exact(name: str, lib: ctypes.CDLL) -> None:
    machine, _, values, _ = ran(name, lib)
    sent = [y for y in machine.streamed.values() if y.shape[0] == MODELS[name]][-1]
    wanted = [v for v in values.values() if v.ndim == 4 and v.shape[3] == MODELS[name] and v.shape[1] > 1][-1]
    turned = planes(wanted)[:, ::-1, ::-1]
    assert np.array_equal(sent[:, : turned.shape[1], : turned.shape[2]], turned)
    assert len(np.unique(turned)) > 10


def test_one_layer_with_16_bits_makes_all_of_them(lib: ctypes.CDLL) -> None:
    """The file has one width of weights; functions behind convolutions are in their tables where that is as good."""
    n = Network(np.random.default_rng(7))
    x = first = n.activation((1, 12, 16, 4))
    for bits in (8, 16):
        weights, bias, scale = n.weights((8, 3, 3, x.shape[3]), 0, x, bits)
        y = n.activation((1, 12, 16, 8), Quantization((scale,), (-128,)))
        pads = {"pad_h": (1, 1), "pad_w": (1, 1)}
        x = n.add(Conv2D(inputs=[x, weights, bias], outputs=[y], activation=Activation.RELU, **pads))
    graph = Graph("net", [first], [x], n.operators)
    image = np.random.default_rng(1).integers(-128, 128, first.shape).astype(np.int8)
    model = read_kmodel(kmodel_of(graph))
    assert model.wide
    y = Machine(model, lib).run(planes(image))[0].view("<f4")
    wanted = evaluate(graph, [image])[x][0].transpose(2, 0, 1).reshape(-1)
    quant = x.quant
    assert quant is not None
    assert np.array_equal(np.rint(y / quant.scale) + quant.zero_point, wanted)


def test_what_version_3_cannot_express_is_refused_by_name() -> None:
    with pytest.raises(GencError) as error:
        kmodel_of(graph_of("mlperf_kws_int8"))
    assert [p.where.split('"')[0] for p in error.value.problems] == ["CONV_2D #0 "]
    assert "only 1x1 and 3x3" in str(error.value)


def test_exact_refuses_what_may_differ() -> None:
    with pytest.raises(GencError, match="differ from TFLite by one unit"):
        kmodel_of(graph_of("mlperf_resnet8_int8"), exact=True)


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, target = str(model_folder(VWW) / "model.tflite"), tmp_path / "vww.kmodel"
    assert main([model, "--board", "k210", "--format", "kmodel", "-o", str(target)]) == 0
    assert "28 convolutions on the KPU" in capsys.readouterr().out
    assert main(["inspect", str(target), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["layers"][0]["shape"] == "3x96x96 to 3x96x96"
    assert shown["bytes"] == target.stat().st_size
    packed = tmp_path / "vww.kfpkg"
    assert main([model, "--format", "kfpkg", "-o", str(packed), "--name", "vww"]) == 0
    with zipfile.ZipFile(packed) as archive:
        listed = json.loads(archive.read("flash-list.json"))["files"]
        assert archive.read(listed[0]["bin"]) == target.read_bytes()


def test_another_board_and_another_file_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, target = str(model_folder(VWW) / "model.tflite"), tmp_path / "notes.txt"
    target.write_text("mine")
    assert main([model, "--board", "esp32", "--format", "kmodel", "-o", str(tmp_path / "x")]) == 2
    assert main([model, "--format", "kmodel", "-o", str(target)]) == 2
    assert target.read_text() == "mine"
    target.write_bytes(b"KMDL" + bytes(60))
    assert main(["inspect", str(target)]) == 2
    assert "version 4 or 5" in capsys.readouterr().err
