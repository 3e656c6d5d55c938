"""The numpy meaning of every int8 CNN of the models folder against its golden data, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from codegen import reference
from codegen.frontends import load_model
from codegen.ir import Graph, Tensor
from codegen.ir.verifier import verify
from tests.support.models import MODELS, model_folder

pytestmark = pytest.mark.models

Array = npt.NDArray[Any]

SEANET = tuple(sorted(d.name for d in MODELS.glob("seanet_*")))
SMALL = (
    "coral_split_concat_uint8",
    "mlperf_ad01_int8",
    "mlperf_kws_int8",
    "mlperf_resnet8_int8",
    "mlperf_streaming_ww_int8",
    *SEANET,
    "tflm_hello_world_int8",
    "tflm_micro_speech_int8",
    "tinymaix_cifar10_int8",
    "tinymaix_mnist_resnet_int8",
    "tinymaix_mnist_valid_int8",
    "tum_micro_kws_m_int8",
)
LARGE = (
    "coral_mobilenet_v1_025_128_uint8",
    "mlperf_vww_int8",
    "tflm_person_detect_int8",
    "tinyengine_mcunetv2_large",
    "tinyengine_vww",
    "tinymaix_mbnet128_025_int8",
)
QUICK_CASES = 2


def _cases(name: str, limit: int | None) -> Iterator[tuple[int, list[Array], dict[str, Array]]]:
    """Number, inputs and golden arrays ("out0", "tap0", ...; both runtimes' where they differ) of each case."""
    folder = model_folder(name)
    data = np.load(folder / "io.npz")
    meta = json.loads((folder / "meta.json").read_text())
    for case in meta["cases"][:limit]:
        prefix = f"c{case['case']}_"
        arrays = {key.removeprefix(prefix): data[key][0] for key in data.files if key.startswith(prefix)}
        yield case["case"], [arrays[f"in{i}"] for i in range(len(meta["inputs"]))], arrays


def _load(name: str, file: str = "model.tflite") -> Graph:
    graph = load_model(model_folder(name) / file)
    verify(graph)
    return graph


def _check(name: str, limit: int | None) -> None:
    taps = "model_taps.tflite"
    file = taps if (model_folder(name) / taps).exists() else "model.tflite"
    graph, plain = _load(name, file), _load(name)
    golden_names = [f"out{i}" for i in range(len(plain.outputs))]
    golden_names += [f"tap{j}" for j in range(len(graph.outputs) - len(plain.outputs))]
    for number, inputs, golden in _cases(name, limit):
        values = reference.run(graph, inputs)
        for tensor, key in zip(graph.outputs, golden_names, strict=True):
            np.testing.assert_array_equal(values[tensor], golden[key], f"{name} case {number} {key}")


@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_outputs_and_taps_are_golden(name: str) -> None:
    _check(name, QUICK_CASES if name in SMALL else 1)


@pytest.mark.full
@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_every_case_is_golden(name: str) -> None:
    _check(name, None)


def _layer_outputs(graph: Graph, source: str) -> list[Tensor]:
    """What the operator of the file writes: outputs of its IR operators that none of them reads."""
    operators = [op for op in graph.operators if op.source == source]
    read = {t for op in operators for t in op.inputs}
    return [t for op in operators for t in op.outputs if t not in read]


@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_every_layer_is_golden(name: str) -> None:
    layers_file = model_folder(name) / "layers.npz"
    if not layers_file.exists():
        pytest.skip("no layers.npz")
    layers, graph = np.load(layers_file), _load(name)
    meta = json.loads((model_folder(name) / "meta.json").read_text())
    inputs = next(inputs for number, inputs, _ in _cases(name, None) if number == meta["layers"]["case"])
    values = reference.run(graph, inputs)
    compared = 0
    for key in layers.files:
        index, _, operator = key.removeprefix("op").rpartition("_out")[0].partition("_")
        outputs = _layer_outputs(graph, f"{operator} #{int(index)}")
        if outputs:  # else folded
            tensor = outputs[int(key.rpartition("_out")[2])]
            np.testing.assert_array_equal(values[tensor], layers[key], f"{name} {key}")
            compared += 1
    assert compared >= len({op.source for op in graph.operators})
