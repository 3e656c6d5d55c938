import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter

from tests.support.litert import reference_tensors, run_reference
from tests.support.operator_models import OPERATORS, operator_model
from tests.support.tflite_writer import ModelWriter


def random_inputs(model: bytes, radius: int = 128) -> list[np.ndarray]:
    """Integers inside +-radius but 0, which some divide by; floats inside +-5; few truths, or many if radius is odd."""
    rng = np.random.default_rng(radius)

    def integers(shape: tuple[int, ...]) -> np.ndarray:
        values = rng.integers(-radius, radius, shape)
        return np.where(values == 0, 1, values)

    def truths(shape: tuple[int, ...]) -> np.ndarray:
        return (rng.random(shape) < 1 / radius) ^ (radius % 2 == 1)

    draws = {np.float32: lambda shape: rng.uniform(-5, 5, shape), np.bool_: truths}
    details = Interpreter(model_content=model).get_input_details()
    return [np.asarray(draws.get(d["dtype"], integers)(d["shape"]), d["dtype"]) for d in details]


ALIKE = {"FILL"}
"""Operators whose output is a constant of the model."""


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_runs_in_litert(name: str) -> None:
    model = operator_model(name)
    code = tflite.Model.GetRootAs(model).OperatorCodes(0)
    assert tflite.opcode2name(code.BuiltinCode()) == name
    runs: list[list[np.ndarray]] = []
    for radius in (128, 127, 2, 3):
        runs.append(run_reference(model, random_inputs(model, radius)))
        if name in ALIKE or all(len(np.unique(outputs)) > 1 for outputs in zip(*runs, strict=True)):
            return
    pytest.fail("the model does not depend on its input")


def identity(shape: list[int], dtype: str, data: np.ndarray) -> bytes:
    """A model that returns a constant, through a RESHAPE."""
    w = ModelWriter("constant")
    constant = w.tensor("constant", shape, dtype, data=data)
    to = w.tensor("to", [1], "int32", data=[data.size])
    y = w.tensor("y", [data.size], dtype)
    w.operator("RESHAPE", [constant, to], [y])
    return w.build(inputs=[], outputs=[y])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64", "float32", "bool"])
def test_constants_keep_their_values(dtype: str) -> None:
    data = np.arange(12).reshape(3, 4).astype(dtype)
    (out,) = run_reference(identity([3, 4], dtype, data), [])
    assert out.dtype == data.dtype
    assert np.array_equal(out, data.ravel())


def test_buffers_are_aligned() -> None:
    model = operator_model("CONV_2D")
    root = tflite.Model.GetRootAs(model)
    for i in range(1, root.BuffersLength()):
        vector = root.Buffers(i)._tab
        start = vector.Vector(vector.Offset(4))
        assert start % 16 == 0


def test_data_that_does_not_fit_is_refused() -> None:
    w = ModelWriter()
    with pytest.raises(AssertionError, match="does not fit int8"):
        w.tensor("w", [1], "int8", data=[200])
    with pytest.raises(AssertionError, match="shape"):
        w.tensor("w", [2], "int8", data=[1])


def test_a_misspelt_option_is_refused() -> None:
    w = ModelWriter()
    x = w.tensor("x", [1, 4])
    w.operator("SOFTMAX", [x], [x], betta=1.0)
    with pytest.raises(AssertionError, match="SoftmaxOptions has no field betta"):
        w.build([x], [x])


def test_codes_above_127_and_custom_operators() -> None:
    w = ModelWriter()
    x = w.tensor("x", [1, 4])
    w.operator("GELU", [x], [x], approximate=True)
    w.operator("MyOp", [x, -1], [x], custom_options=b"abc")
    root = tflite.Model.GetRootAs(w.build([x], [x]))
    gelu, custom = root.OperatorCodes(0), root.OperatorCodes(1)
    assert (gelu.DeprecatedBuiltinCode(), gelu.BuiltinCode()) == (127, tflite.BuiltinOperator.GELU)
    assert custom.BuiltinCode() == tflite.BuiltinOperator.CUSTOM
    assert custom.CustomCode() == b"MyOp"
    operator = root.Subgraphs(0).Operators(1)
    assert operator.InputsAsNumpy().tolist() == [0, -1]
    assert operator.CustomOptionsAsNumpy().tobytes() == b"abc"


def test_signature_and_quantization() -> None:
    w = ModelWriter()
    x = w.tensor("x", [1, 4], shape_signature=[-1, 4])
    f = w.tensor("f", [2, 4], scale=[0.5, 0.25], zero_point=[1, 2], axis=0)
    tensors = tflite.Model.GetRootAs(w.build([x], [f])).Subgraphs(0)
    assert tensors.Tensors(x).ShapeSignatureAsNumpy().tolist() == [-1, 4]
    quantization = tensors.Tensors(f).Quantization()
    assert quantization.ScaleAsNumpy().tolist() == [0.5, 0.25]
    assert quantization.ZeroPointAsNumpy().tolist() == [1, 2]
    assert quantization.QuantizedDimension() == 0


def test_reference_tensors_holds_every_tensor() -> None:
    model = operator_model("ADD")
    inputs = random_inputs(model)
    tensors = reference_tensors(model, inputs)
    assert np.array_equal(tensors[0], inputs[0])
    assert np.array_equal(tensors[2], run_reference(model, inputs)[0])
