"""Real int8 CNNs as C: every byte of outputs, taps and layers equals the golden data, on the PC and in emulators."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from codegen.backends import load_backends
from codegen.boards import Board, find_board
from codegen.compiler import Options, compile_model
from codegen.frontends import load_model
from codegen.ir import Graph, Tensor
from codegen.passes import run_passes
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import DEFAULT_GOAL, Goal, schedule
from codegen.verify import Report, target_of, verify_model
from tests.support.models import MODELS, model_folder
from tests.support.tools import need

pytestmark = pytest.mark.models

HOST = find_board("host")
MLPERF = ["mlperf_ad01_int8", "mlperf_kws_int8", "mlperf_resnet8_int8", "mlperf_vww_int8"]
EMULATED = ["stm32f4", "stm32g0", "esp32c3", "k210", "esp32"]


def is_int8_cnn(meta: dict) -> bool:
    """Stateless, and int8 throughout, but for conversions at the borders and int32 biases and shapes."""
    signatures = [re.fullmatch(r"(\w+)\((.*)\)->(.*)", text) for text in meta.get("op_signatures", {})]
    if meta["stateful"] or not signatures or any(m is None for m in signatures):
        return False
    types = {
        name.removesuffix("c")
        for operator, inputs, outputs in (m.groups() for m in signatures if m)
        if operator not in {"QUANTIZE", "DEQUANTIZE"}
        for name in [*inputs.split(","), *outputs.split(",")]
        if name not in {"", "-"}
    }
    return "INT8" in types and types <= {"INT8", "INT32"}


def int8_cnns(having: str = "model.tflite") -> list[str]:
    """Names of the models, of those that have a certain file."""
    metas = {path.parent: json.loads(path.read_text()) for path in sorted(MODELS.glob("*/meta.json"))}
    return [
        d.name
        for d, meta in metas.items()
        if (d / "model.tflite").is_file() and is_int8_cnn(meta) and (d / having).is_file()
    ]


def generate(path: Path, board: Board, directory: Path, goal: Goal = DEFAULT_GOAL) -> tuple[Path, Graph]:
    """The library `net` made of a model file, and its graph as imported."""
    backend = "portable" if board.name == "k210" else None  # the KPU has tests of its own
    compiled = compile_model(path, board, Options(name="net", force=True, goal=goal, backend=backend))
    write(compiled.files, directory / "net", force=False)
    return directory / "net", compiled.graph


def check(path: Path, board: Board, directory: Path, goal: Goal = DEFAULT_GOAL) -> Report:
    """Generate, build, run, compare with the golden data beside the model."""
    need(*target_of(board).tools)
    package, graph = generate(path, board, directory, goal)
    report = verify_model(package, "net", graph, board, path.parent / "io.npz")
    assert report.passed, report.text()
    return report


def test_the_issues_models_are_among_them() -> None:
    assert {*MLPERF, "tflm_micro_speech_int8", "tflm_person_detect_int8", "tinyengine_vww"} <= set(int8_cnns())
    assert len(int8_cnns()) >= 15


@pytest.mark.parametrize("name", int8_cnns())
def test_outputs(name: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model.tflite", HOST, tmp_path)


@pytest.mark.parametrize("name", int8_cnns())
def test_outputs_with_the_least_ram(name: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model.tflite", HOST, tmp_path, Goal("ram"))


@pytest.mark.parametrize("name", ["mlperf_resnet8_int8", "mlperf_kws_int8", "mlperf_vww_int8", "tinyengine_vww"])
def test_outputs_with_pushed_rows(name: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model.tflite", HOST, tmp_path, Goal(input_rows=True))


@pytest.mark.emulator
@pytest.mark.parametrize("board", ["stm32f4", "esp32c3"])
@pytest.mark.parametrize("goal", [Goal("ram"), Goal(input_rows=True)], ids=["ram", "rows"])
@pytest.mark.parametrize("name", ["mlperf_resnet8_int8", "mlperf_kws_int8"])
def test_row_by_row_in_an_emulator(name: str, goal: Goal, board: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model.tflite", find_board(board), tmp_path, goal)


@pytest.mark.parametrize("name", int8_cnns("model_taps.tflite"))
def test_taps(name: str, tmp_path: Path) -> None:
    check(model_folder(name) / "model_taps.tflite", HOST, tmp_path)


@pytest.mark.emulator
@pytest.mark.parametrize("board", EMULATED)
@pytest.mark.parametrize("name", MLPERF)
def test_outputs_in_an_emulator(name: str, board: str, tmp_path: Path) -> None:
    report = check(model_folder(name) / "model.tflite", find_board(board), tmp_path)
    assert report.result.target.name != "host"


@pytest.mark.parametrize("name", int8_cnns("layers.npz"))
def test_every_layer(name: str, tmp_path: Path) -> None:
    folder = model_folder(name)
    graph, golden = with_every_layer(folder)
    imported = Graph(graph.name, list(graph.inputs), list(graph.outputs))
    run_passes(graph)
    program = schedule(graph, load_backends("portable"), HOST.core)
    files = render(program, RenderOptions("net", HOST, "model.tflite", "0" * 64, None))
    write(files, tmp_path / "net", force=False)
    np.savez(tmp_path / "layers.npz", **golden)
    report = verify_model(tmp_path / "net", "net", imported, HOST, tmp_path / "layers.npz")
    assert report.passed, report.text()


def with_every_layer(folder: Path) -> tuple[Graph, dict[str, np.ndarray]]:
    """The graph with the output of every operator as a graph output, and the golden data for that."""
    case = json.loads((folder / "meta.json").read_text())["layers"]["case"]
    graph = load_model(folder / "model.tflite")
    with np.load(folder / "io.npz") as io, np.load(folder / "layers.npz") as layers:
        golden = {f"in{i}": io[f"c{case}_in{i}"][0] for i in range(len(graph.inputs))}
        wanted = {tensor: layers[key] for key in layers.files if (tensor := layer_output(graph, key))}
    assert len(wanted) >= len({op.source for op in graph.operators})
    graph.outputs = list(wanted)
    return graph, golden | {f"out{i}": value for i, value in enumerate(wanted.values())}


def layer_output(graph: Graph, key: str) -> Tensor | None:
    """The tensor that a key of layers.npz ("op003_CONV_2D_out0") means; None when the operator was folded."""
    index, kind, output = re.fullmatch(r"op(\d+)_(.*)_out(\d+)", key).groups()
    operators = [op for op in graph.operators if op.source == f"{kind} #{int(index)}"]
    inner = {tensor for op in operators for tensor in op.inputs}
    outputs = [tensor for op in operators for tensor in op.outputs if tensor not in inner]
    return outputs[int(output)] if outputs else None
