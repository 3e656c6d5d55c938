"""Models that gen-c does not compile: every reason at once, with the layer and the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codegen.errors import GencError, Problem
from codegen.frontends import load_model
from codegen.frontends.tflite import import_model
from codegen.frontends.tflite.schema import FileTensor, decode
from tests.support.models import model_folder
from tests.support.operator_models import operator_model
from tests.support.tflite_writer import ModelWriter

Refusal = Callable[[bytes], GencError]


def _only(error: GencError) -> Problem:
    assert len(error.problems) == 1, str(error)
    return error.problems[0]


def _relu(m: ModelWriter, *shape: int, **fields: Any) -> bytes:
    x = m.tensor("x", shape, scale=0.1, **fields)
    y = m.tensor("y", shape, scale=0.1)
    m.operator("RELU", [x], [y])
    return m.build([x], [y])


def test_everything_unsupported_is_named_at_once(refusal: Refusal) -> None:
    m = ModelWriter()
    t = [m.tensor(f"t{i}", [1, 4], scale=0.1) for i in range(9)]
    m.operator("CumulativeSum", [t[0]], [t[1]])
    m.operator("TOPK_V2", [t[1]], [t[2]])
    m.operator("RELU", [t[2]], [t[3]])
    m.operator("MySpectrum", [t[3]], [t[4]])
    m.operator("TOPK_V2", [t[4]], [t[5]])
    m.operator("WHILE", [t[5]], [t[6]])
    m.operator("AVERAGE_POOL_2D", [t[6]], [t[7]], stride_h=1, stride_w=1, filter_width=1, filter_height=1)
    problems = refusal(m.build([t[0]], [t[7]])).problems
    assert [(p.where, p.reason) for p in problems] == [
        ("CUSTOM 'CumulativeSum' #0 \"t1\"", "custom operator 'CumulativeSum' is not supported"),
        ('TOPK_V2 #1 "t2" and 1 more', "operator TOPK_V2 is not supported"),
        ("CUSTOM 'MySpectrum' #3 \"t4\"", "custom operator 'MySpectrum' is not supported"),
        ('WHILE #5 "t6"', "operator WHILE is not supported"),
        ('AVERAGE_POOL_2D #6 "t7"', "input 't6' has rank 2, not 4: int8[1, 4]"),
    ]
    assert "gen-c ops" in problems[0].cure
    assert "Control flow" in problems[3].cure


def test_alike_layers_are_one_line_with_a_count(refusal: Refusal) -> None:
    m = ModelWriter()
    t = [m.tensor(f"t{i}", [1, 2, 2, 1], "int64") for i in range(12)]
    for i in range(10):
        m.operator("RELU" if i < 8 else "TANH", [t[i]], [t[i + 1]])
    problem = _only(refusal(m.build([t[0]], [t[10]])))
    assert problem.where == 'RELU #0 "t1" and 9 more (8 RELU, 2 TANH)'
    assert problem.reason.startswith("tensor 't0' is int64[1, 2, 2, 1]; only int8 or ")


def test_one_cure_is_printed_once(refusal: Refusal) -> None:
    m = ModelWriter()
    t = [m.tensor(f"t{i}", [1], scale=0.1) for i in range(3)]
    m.operator("WHERE", [t[0]], [t[1]])
    m.operator("ONE_HOT", [t[1]], [t[2]])
    assert str(refusal(m.build([t[0]], [t[2]]))).count("gen-c ops") == 1


@pytest.mark.parametrize(
    ("shape", "signature"), [((1, 1, 1, 3), (1, -1, -1, 3)), ((1, -1), None), ((1, 0), None), ((2, -7), None)]
)
def test_dynamic_shape(shape: tuple[int, ...], signature: tuple[int, ...] | None, refusal: Refusal) -> None:
    problem = _only(refusal(_relu(ModelWriter(), *shape, shape_signature=signature)))
    assert problem.where == "model input 'x'"
    assert "shape" in problem.reason
    assert "fixed input shape" in problem.cure


def test_two_gigabytes(refusal: Refusal) -> None:
    problem = _only(refusal(_relu(ModelWriter(), 1, 2**31 - 1)))
    assert "2,147,483,647 bytes" in problem.reason


def test_inferred_shapes_are_bounded_too(refusal: Refusal) -> None:
    m = ModelWriter()
    x, y = m.tensor("x", [1, 4], scale=0.1), m.tensor("y", [1, 4], scale=0.1)
    m.operator("PAD", [x, m.tensor("p", [2, 2], "int32", data=[[0, 0], [2**30, 2**30]])], [y])
    assert "the limit is" in _only(refusal(m.build([x], [y]))).reason


@pytest.mark.parametrize("type_name", ["uint32", "complex64", "string", "resource", "int4"])
def test_unknown_element_types(type_name: str, refusal: Refusal) -> None:
    m = ModelWriter()
    x, y = m.tensor("x", [1], type_name), m.tensor("y", [1], type_name)
    m.operator("RELU", [x], [y])
    assert f"element type {type_name.upper()}" in _only(refusal(m.build([x], [y]))).reason


def test_float16_is_for_constants(refusal: Refusal) -> None:
    m = ModelWriter()
    x, y = m.tensor("x", [1], "float16"), m.tensor("y", [1], "float32")
    m.operator("DEQUANTIZE", [x], [y])
    problem = _only(refusal(m.build([x], [y])))
    assert "only constants may be" in problem.reason
    assert "float32 activations" in problem.cure


def test_use_before_definition_and_cycles(refusal: Refusal) -> None:
    m = ModelWriter()
    x, a, b = (m.tensor(n, [1, 4], scale=0.1) for n in "xab")
    m.operator("ADD", [x, b], [a])
    m.operator("RELU", [a], [b])
    assert "'b' is read before any operator writes it" in _only(refusal(m.build([x], [b]))).reason


def test_two_producers(refusal: Refusal) -> None:
    m = ModelWriter()
    x, y = m.tensor("x", [1], scale=0.1), m.tensor("y", [1], scale=0.1)
    m.operator("RELU", [x], [y])
    m.operator("RELU6", [x], [y])
    assert "'y' has a value already" in _only(refusal(m.build([x], [y]))).reason


def test_an_operator_that_writes_an_input_or_a_constant(refusal: Refusal) -> None:
    for fields in ({}, {"data": [1, 2, 3, 4]}):
        m = ModelWriter()
        x, c = m.tensor("x", [4], scale=0.1), m.tensor("c", [4], scale=0.1, **fields)
        m.operator("RELU", [x], [c if fields else x])
        assert "has a value already" in refusal(m.build([x], [c])).problems[0].reason


def test_an_output_that_nothing_writes(refusal: Refusal) -> None:
    m = ModelWriter()
    x, y, z = (m.tensor(n, [1], scale=0.1) for n in "xyz")
    m.operator("RELU", [x], [y])
    problem = _only(refusal(m.build([x], [y, z])))
    assert problem.where == "model output 'z'"


def test_shapes_computed_at_run_time(refusal: Refusal) -> None:
    m = ModelWriter()
    x, shape, y = m.tensor("x", [1, 4], scale=0.1), m.tensor("s", [1], "int32"), m.tensor("y", [4], scale=0.1)
    m.operator("RESHAPE", [x, shape], [y])
    assert "computed at run time" in _only(refusal(m.build([x, shape], [y]))).reason


def _tensor_changed(operator: str, tensor: str, **changes: Any) -> Problem:
    """The problem of an operator's model in which one tensor is changed."""
    model = decode(operator_model(operator))
    changed: list[FileTensor] = [replace(t, **changes) if t.name == tensor else t for t in model.tensors]
    assert any(t.name == tensor for t in model.tensors)
    with pytest.raises(GencError) as caught:
        import_model(replace(model, tensors=changed), "changed")
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("operator", "tensor", "changes", "reason"),
    [
        ("CONV_2D", "filter", {"scales": np.full(8, np.nan, np.float32)}, "a positive number"),
        ("CONV_2D", "filter", {"scales": np.full(8, np.inf, np.float32)}, "a positive number"),
        ("CONV_2D", "x0", {"scales": np.zeros(1, np.float32)}, "a positive number"),
        ("CONV_2D", "x0", {"zero_points": np.array([200])}, "zero point outside int8"),
        ("CONV_2D", "x0", {"scales": np.zeros(0, np.float32)}, "no quantisation"),
        ("CONV_2D", "x0", {"type": "UINT8", "zero_points": np.array([3])}, "but 'x0' is uint8"),
        ("CONV_2D", "filter", {"scales": np.ones(7, np.float32)}, "7 scales"),
        ("CONV_2D", "filter", {"zero_points": np.ones(8, np.int64)}, "zero point other than 0"),
        ("CONV_2D", "filter", {"axis": 3}, "scales, which do not fit axis 3"),
        ("CONV_2D", "filter", {"shape": (8, 3, 4, 3)}, "4 input channels do not fit"),
        ("CONV_2D", "filter", {"shape": (8, 36)}, "not rank 4"),
        ("CONV_2D", "filter", {"is_sparse": True}, "sparse"),
        ("CONV_2D", "filter", {"content": np.zeros(7, np.uint8)}, "has 7 bytes, not 288"),
        ("CONV_2D", "filter", {"content": None}, "read before any operator writes it"),
        ("CONV_2D", "bias", {"type": "INT64"}, "has 32 bytes, not 64"),
        ("CONV_2D", "bias", {"type": "INT8"}, "has 32 bytes, not 8"),
        ("CONV_2D", "bias", {"type": "BOOL", "shape": (32,)}, "int32 bias"),
        ("CONV_2D", "bias", {"shape": (2,), "content": np.zeros(8, np.uint8)}, "2 values for 8 channels"),
        ("CONV_2D", "x0", {"shape": (1, 6, 24)}, "rank 3, not 4"),
        ("CONV_2D", "y0", {"scales": np.full(1, 1e-9, np.float32)}, "steps of the output"),
        ("ADD", "y0", {"scales": np.full(1, 1e9, np.float32)}, "steps of the output"),
        ("DEPTHWISE_CONV_2D", "x0", {"shape": (1, 6, 6, 3)}, "3 input channels do not fit"),
        ("DEPTHWISE_CONV_2D", "x0", {"shape": (1, 2, 2, 4)}, "does not fit"),
        ("FULLY_CONNECTED", "x0", {"shape": (1, 15)}, "does not divide into rows of 16"),
        ("ADD", "x1", {"shape": (1, 1, 1, 3)}, "do not broadcast"),
        ("SOFTMAX", "y0", {"zero_points": np.array([0])}, "it must have"),
        ("LOGISTIC", "y0", {"scales": np.full(1, 0.5, np.float32)}, "it must have"),
        ("RESHAPE", "x0", {"shape": (1, 145)}, "cannot be seen as shape [1, 144]"),
        ("RESHAPE", "y0", {"type": "FLOAT32"}, "but the input is"),
        ("CONCATENATION", "x1", {"shape": (1, 6, 5, 4)}, "do not join"),
        ("CONCATENATION", "x1", {"shape": (1, 6, 6)}, "do not join"),
        ("PADV2", "value", {"type": "INT16", "shape": (), "content": np.zeros(2, np.uint8)}, "not one int8"),
        ("QUANTIZE", "x0", {"type": "INT64"}, "conversion from int64 to int8"),
        ("PRELU", "alpha", {"content": None}, "read before"),
    ],
)
def test_broken_tensors(operator: str, tensor: str, changes: dict[str, Any], reason: str) -> None:
    problem = _tensor_changed(operator, tensor, **changes)
    assert reason in problem.reason
    assert problem.where in {f'{operator} #0 "y0"', f"model input {tensor!r}"}


@pytest.mark.parametrize(
    ("operator", "options", "reason"),
    [
        ("CONV_2D", {"StrideH": 0}, "stride 0"),
        ("CONV_2D", {"DilationWFactor": 0}, "dilation 0"),
        ("CONV_2D", {"StrideW": -1}, "stride -1"),
        ("CONV_2D", {"DilationHFactor": 2**30}, "not within"),
        ("CONV_2D", {"Padding": "VALID", "DilationHFactor": 3}, "does not fit 6 + 0 (padding)"),
        ("CONV_2D", {"Padding": "number 7"}, "padding number 7"),
        ("CONV_2D", {"FusedActivationFunction": "TANH"}, "activation TANH"),
        ("MAX_POOL_2D", {"FilterHeight": 0}, "kernel 0"),
        ("FULLY_CONNECTED", {"WeightsFormat": "SHUFFLED4x16INT8"}, "SHUFFLED4x16INT8"),
        ("CONCATENATION", {"Axis": 4}, "axes [4]"),
        ("CONCATENATION", {"FusedActivationFunction": "RELU"}, "RELU"),
        ("PACK", {"Axis": 9}, "cannot be packed"),
        ("UNPACK", {"Num": 5}, "cannot be unpacked"),
        ("SPLIT", {"NumSplits": 3}, "3 pieces for 2 outputs"),
        ("SQUEEZE", {"SqueezeDims": (1,)}, "not all of size 1"),
        ("SOFTMAX", {"Beta": float("nan")}, "beta is nan"),
        ("LEAKY_RELU", {"Alpha": float("inf")}, "alpha is inf"),
        ("RESIZE_BILINEAR", {"AlignCorners": True, "HalfPixelCenters": True}, "exclude each other"),
    ],
)
def test_broken_options(operator: str, options: dict[str, Any], reason: str) -> None:
    model = decode(operator_model(operator))
    op = model.operators[0]
    changed = replace(op, options={**op.options, **options})
    with pytest.raises(GencError) as caught:
        import_model(replace(model, operators=[changed]), "changed")
    problem = _only(caught.value)
    assert reason in problem.reason
    assert problem.where.startswith(f"{operator} #0")


@pytest.mark.parametrize(
    ("operator", "numbers", "reason"),
    [
        ("MEAN", [1, 9], "not distinct axes"),
        ("PAD", [0, 0, -1, 2, 0, 1, 0, 0], "paddings"),
        ("TRANSPOSE", [0, 3, 1, 1], "not a permutation"),
        ("SLICE", [0, 1, 2, 9], "leave"),
        ("EXPAND_DIMS", [7], "outside rank"),
        ("RESIZE_NEAREST_NEIGHBOR", [0, 12], "not positive"),
        ("RESHAPE", [-1, -1], "cannot be seen"),
        ("SPLIT_V", [1, 4], "cannot be cut"),
    ],
)
def test_broken_parameters(operator: str, numbers: list[int], reason: str) -> None:
    content = np.frombuffer(np.array(numbers, "<i4").tobytes(), np.uint8)
    assert reason in _tensor_changed(operator, "numbers", content=content).reason


@pytest.mark.parametrize("inputs", [(), (0,), (0, 1, 2, 2), (-1, 1), (0, -1)])
def test_wrong_number_of_inputs(inputs: tuple[int, ...]) -> None:
    model = decode(operator_model("CONV_2D"))
    changed = replace(model.operators[0], inputs=inputs)
    with pytest.raises(GencError, match=r"inputs and|is missing"):
        import_model(replace(model, operators=[changed]), "changed")


def test_a_constant_too_expensive_to_fold_is_refused(refusal: Refusal) -> None:
    m = ModelWriter()
    x = m.tensor("x", [1, 1], scale=0.1)
    pads = m.tensor("p", [2, 2], "int32", data=[[0, 4999], [0, 4999]])
    c, y = m.tensor("c", [1, 1], scale=0.1, data=[[3]]), m.tensor("y", [5000, 5000], scale=0.1)
    m.operator("PAD", [c, pads], [y])
    assert "too many" in _only(refusal(m.build([x], [y]))).reason


@pytest.mark.models
def test_real_unsupported_model_names_every_operator() -> None:
    with pytest.raises(GencError) as caught:
        load_model(model_folder("tflm_audio_preprocessor_int8_UNSUPPORTED") / "model.tflite")
    text = str(caught.value)
    names = ["SignalWindow", "SignalFftAutoScale", "SignalRfft", "SignalEnergy", "SignalFilterBank", "SignalPCAN"]
    assert all(name in text for name in [*names, "SignalFilterBankLog"])
