"""--layer NAME=float32: a quantised layer between conversions, within a unit of what it was."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir import DType
from codegen.ir.ops import Dequantize, Quantize
from codegen.ir.verifier import verify
from codegen.passes.keep_float import keep_float, parse_layers
from codegen.reference import Session
from tests.support.models import MISSING, model_folder

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.mark.parametrize(
    ("model", "pattern", "count"),
    [
        ("mlperf_kws_int8", "CONV_2D #2", 1),
        ("mlperf_kws_int8", "*CONV_2D #*", 9),
        ("mlperf_resnet8_int8", "ADD #3", 1),
        ("mlperf_ad01_int8", "FULLY_CONNECTED *", 10),
        ("seanet_conv0", "CONV_2D #0", 1),
    ],
)
def test_layers_between_conversions(model: str, pattern: str, count: int) -> None:
    folder = model_folder(model)
    graph = load_model(folder / "model.tflite")
    changed = keep_float(graph, [pattern])
    verify(changed)
    floats = [op for op in changed.operators if op.y.dtype is DType.FLOAT32 and not isinstance(op, Dequantize)]
    assert len(floats) == count
    assert sum(isinstance(op, Quantize) for op in changed.operators) == count
    io = np.load(folder / "io.npz")
    inputs = [io[f"c0_in{i}"][0] for i in range(len(graph.inputs))]
    want, got = (Session(g).step(inputs)[0].astype(int) for g in (graph, changed))
    assert np.abs(want - got).max() <= (1 if count == 1 else 8)


def test_nothing_asked_is_nothing_changed() -> None:
    graph = load_model(model_folder("mlperf_kws_int8") / "model.tflite")
    assert keep_float(graph, []).operators == graph.operators


def test_a_layer_that_is_not_there() -> None:
    graph = load_model(model_folder("mlperf_kws_int8") / "model.tflite")
    with pytest.raises(GencError, match=r"did you mean 'CONV_2D #2'"):
        keep_float(graph, ["CONV_2D#2"])


@pytest.mark.parametrize("text", ["CONV_2D #2", "CONV_2D #2=int8", "=float32"])
def test_options_of_another_form(text: str) -> None:
    with pytest.raises(GencError, match="NAME=float32"):
        parse_layers([text])
