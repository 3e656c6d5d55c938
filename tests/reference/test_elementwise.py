"""Element-wise functions against TFLite's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import (
    ACTIVATIONS,
    Array,
    Quant,
    arrays,
    broadcast_pairs,
    every_byte,
    float32,
    quants,
    quants_near,
    shapes,
)

FLOAT_UNARY = ["ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "LOG", "NEG", "ROUND", "RSQRT", "SIN", "SQRT", "SQUARE"]
few = settings(max_examples=8)
COMPARISONS = ["EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"]


@pytest.mark.parametrize("name", FLOAT_UNARY)
@given(data=st.data())
def test_float(name: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), "float32")) / np.float32(2)
    halves = np.round(x * 2) / np.float32(2)
    x = halves if name == "ROUND" and data.draw(st.booleans()) else x
    x = np.abs(x) + np.float32(0.01) if name in {"LOG", "RSQRT", "SQRT"} else x
    model = SingleOperator()
    model.check(name, [model.input(x)], None, "float32", tolerance=1e-6)


@pytest.mark.parametrize(("name", "dtype"), [("ABS", "int32"), ("NEG", "int32"), ("NEG", "int64")])
@given(data=st.data())
def test_integers(name: str, dtype: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), dtype))
    model = SingleOperator()
    model.check(name, [model.input(np.maximum(x, np.iinfo(dtype).min + 1))], None, dtype)


@pytest.mark.parametrize("name", ["ABS", "EXP", "LOG", "ELU"])
@given(data=st.data())
def test_every_byte(name: str, data: st.DataObject) -> None:
    quant = data.draw(quants(-9, 0))
    out = quants_near(quant) if name in {"ABS", "ELU"} else quants(-6, 1)
    model = SingleOperator()
    model.check(name, [model.input(every_byte(), quant)], data.draw(out))


def test_elu_rounds_the_exponential_first() -> None:
    """One byte at this scale tells exp(x) - 1 from expm1(x)."""
    quant = Quant(float32(0.022335531190037727))
    model = SingleOperator()
    model.check("ELU", [model.input(every_byte(), quant)], quant)


@given(st.data())
def test_abs_of_int16(data: st.DataObject) -> None:
    quant = data.draw(quants(-9, 0, "int16"))
    y = quant if data.draw(st.booleans()) else data.draw(quants_near(quant, dtype="int16"))
    model = SingleOperator()
    model.check("ABS", [model.input(data.draw(arrays(data.draw(shapes()), "int16")), quant)], y, "int16")


@pytest.mark.parametrize("name", ["EXP", "LOG", "RSQRT"])
@given(data=st.data())
def test_sampled_functions_of_int16(name: str, data: st.DataObject) -> None:
    quant, y = data.draw(quants(-15, -2, "int16")), data.draw(quants(-15, -4, "int16"))
    x = every_byte("int16")
    model = SingleOperator()
    model.check(name, [model.input(np.abs(x // 2) if name == "RSQRT" else x, quant)], y, "int16")


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@given(data=st.data())
def test_integer_square_roots(dtype: str, data: st.DataObject) -> None:
    quant, y = data.draw(quants(-9, 1, dtype)), data.draw(quants(-9, 1, dtype))
    x = every_byte(dtype)
    model = SingleOperator()
    model.check("SQRT", [model.input(x[x >= quant.zero_point].reshape(1, -1), quant)], y, dtype)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@given(data=st.data())
def test_negated_stored_numbers(dtype: str, data: st.DataObject) -> None:
    model = SingleOperator()
    model.check("NEG", [model.input(every_byte(dtype), data.draw(quants(dtype=dtype)))], data.draw(quants()), dtype)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("name", ["FLOOR_DIV", "FLOOR_MOD"])
@given(data=st.data())
def test_divided_stored_numbers(name: str, dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    a, b = data.draw(arrays(shape_a, dtype)), data.draw(arrays(shape_b, dtype))
    model = SingleOperator()
    kinds = [data.draw(quants(dtype=dtype)) for _ in range(3)]
    b = np.where((b == 0) | (b == -1), 3, b).astype(dtype)
    model.check(name, [model.input(a, kinds[0]), model.input(b, kinds[1])], kinds[2], dtype)


@pytest.mark.parametrize("name", COMPARISONS)
@given(data=st.data())
def test_comparisons_of_int16_and_int32(name: str, data: st.DataObject) -> None:
    """Int32 is compared as it is stored; so is int16, except for equality."""
    dtype = data.draw(st.sampled_from(["int16", "int32"]))
    shape_a, shape_b = data.draw(broadcast_pairs())
    a, b = (data.draw(arrays(shape, "int8")).astype(dtype) // 16 for shape in (shape_a, shape_b))
    model = SingleOperator()
    kinds = [Quant(float32(2.0 ** data.draw(st.integers(-15, -1)))) for _ in range(2)]
    model.check(name, [model.input(a, kinds[0]), model.input(b, kinds[1])], None, "bool")


@pytest.mark.parametrize("name", ["ABS", "DIV", "FLOOR_DIV", "FLOOR_MOD", "SQUARED_DIFFERENCE", "ADD", "MAXIMUM"])
def test_a_scale_of_int32_means_nothing(name: str) -> None:
    model = SingleOperator()
    a, b = np.array([7, -9, 12], np.int32), np.array([2, 2, -5], np.int32)
    tensors = [model.input(a, Quant(1e6)), model.input(b, Quant(1e-6))]
    model.check(name, tensors[: 1 if name == "ABS" else 2], Quant(0.25), "int32")


@given(quants(-9, 1), quants(-6, 1))
def test_rsqrt_of_bytes(quant: Quant, y: Quant) -> None:
    x = np.arange(quant.zero_point, 128, dtype=np.int8).reshape(1, -1)
    model = SingleOperator()
    model.check("RSQRT", [model.input(x, quant)], y)


def two(model: SingleOperator, data: st.DataObject, a: Array, b: Array) -> list[int]:
    """Two plain operands, one of them perhaps constant."""
    which = data.draw(st.sampled_from(["neither", "a", "b"]))
    return [
        model.constant(a) if which == "a" else model.input(a),
        model.constant(b) if which == "b" else model.input(b),
    ]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("ADD", "int32"),
        ("ADD", "int64"),
        ("SUB", "int32"),
        ("SUB", "int64"),
        ("MUL", "int32"),
        ("MUL", "int64"),
        ("DIV", "float32"),
        ("DIV", "int32"),
        ("FLOOR_DIV", "float32"),
        ("FLOOR_DIV", "int32"),
        ("FLOOR_MOD", "float32"),
        ("FLOOR_MOD", "int32"),
        ("FLOOR_MOD", "int64"),
        ("MAXIMUM", "int32"),
        ("MAXIMUM", "int64"),
        ("MINIMUM", "int32"),
        ("MINIMUM", "int64"),
        ("SQUARED_DIFFERENCE", "float32"),
        ("SQUARED_DIFFERENCE", "int32"),
    ],
)
@given(data=st.data())
def test_plain_pairs(name: str, dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    a, b = data.draw(arrays(shape_a, dtype)), data.draw(arrays(shape_b, dtype))
    if dtype != "float32":
        a, b = a // 2**18, b // 2**18
    if name in {"DIV", "FLOOR_DIV", "FLOOR_MOD"}:
        b = np.where(b == 0, 3, b).astype(dtype)
    fused = name in {"ADD", "SUB", "MUL", "DIV"} and dtype != "int64"
    options = {"fused_activation_function": data.draw(ACTIVATIONS)} if fused else {}
    model = SingleOperator()
    tolerance = 1e-6 if dtype == "float32" else 0.0
    model.check(name, two(model, data, a, b), None, dtype, tolerance=tolerance, **options)


@given(data=st.data())
def test_squared_difference_of_bytes(data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    quant_a = data.draw(quants(-9, 0))
    quant_b = data.draw(quants_near(quant_a, -6, 6))
    y = data.draw(quants_near(Quant(float32(max(quant_a.scale, quant_b.scale) ** 2 * 64)), -4, 4))
    model = SingleOperator()
    a, b = data.draw(arrays(shape_a)), data.draw(arrays(shape_b))
    model.check("SQUARED_DIFFERENCE", [model.input(a, quant_a), model.input(b, quant_b)], y)


@given(data=st.data())
def test_squared_difference_of_int16(data: st.DataObject) -> None:
    """TFLite has none; TFLM's is within two steps of the real value: each operand is rounded to half of its scale."""
    quant = data.draw(quants(-9, 0, "int16"))
    a, b = data.draw(arrays((3, 7), "int16")), data.draw(arrays((3, 7), "int16"))
    y = Quant(float32(quant.scale**2 * 2.0 ** data.draw(st.integers(17, 20))))
    model = SingleOperator()
    graph_value = model.ours("SQUARED_DIFFERENCE", [model.input(a, quant), model.input(b, quant)], y, "int16")[0]
    real = ((a.astype(float) - b) * quant.scale) ** 2 / y.scale
    np.testing.assert_allclose(graph_value, np.clip(real, -(2**15), 2**15 - 1), rtol=0, atol=2)


PLAIN_COMPARISONS = [(name, dtype) for name in COMPARISONS for dtype in ("float32", "int32", "int64")]


@pytest.mark.parametrize(("name", "dtype"), [*PLAIN_COMPARISONS, ("EQUAL", "bool"), ("NOT_EQUAL", "bool")])
@few
@given(data=st.data())
def test_comparisons(name: str, dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    a, b = (data.draw(arrays(shape, "int8")).astype(dtype) for shape in (shape_a, shape_b))
    a, b = (np.clip(v, -3, 3) if dtype != "bool" and data.draw(st.booleans()) else v for v in (a, b))
    model = SingleOperator()
    model.check(name, two(model, data, a, b), None, "bool")


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@given(data=st.data())
def test_comparisons_of_bytes(name: str, dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    quant_a = data.draw(quants(-9, -1, dtype))
    quant_b = data.draw(st.just(quant_a) | quants(-9, -1, dtype))
    a, b = data.draw(arrays(shape_a, dtype)), data.draw(arrays(shape_b, dtype))
    model = SingleOperator()
    model.check(name, [model.input(a, quant_a), model.input(b, quant_b)], None, "bool")


@pytest.mark.parametrize("name", ["LOGICAL_AND", "LOGICAL_OR"])
@given(data=st.data())
def test_logic(name: str, data: st.DataObject) -> None:
    a, b = (data.draw(arrays(shape)) > 0 for shape in data.draw(broadcast_pairs()))
    model = SingleOperator()
    model.check(name, two(model, data, a, b), None, "bool")


@given(data=st.data())
def test_not(data: st.DataObject) -> None:
    model = SingleOperator()
    model.check("LOGICAL_NOT", [model.input(data.draw(arrays(data.draw(shapes()))) > 0)], None, "bool")


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16", "int32", "int64"])
@given(data=st.data())
def test_select(dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    condition = data.draw(arrays(data.draw(st.sampled_from([shape_a, shape_b])))) > 0
    a, b = data.draw(arrays(shape_a, dtype)), data.draw(arrays(shape_b, dtype))
    quant = Quant(0.1, 0) if dtype in {"int8", "int16"} else None
    model = SingleOperator()
    inputs = [model.input(condition), model.input(a, quant), model.constant(b, quant)]
    model.check("SELECT_V2", inputs, quant, dtype, shape=np.broadcast_shapes(shape_a, shape_b))


@given(data=st.data())
def test_select_of_rows(data: st.DataObject) -> None:
    shape = data.draw(shapes(2))
    condition = data.draw(arrays(shape[:1])) > 0
    a, b = data.draw(arrays(shape, "float32")), data.draw(arrays(shape, "float32"))
    model = SingleOperator()
    model.check("SELECT", [model.input(condition), model.input(a), model.input(b)], None, "float32", shape=shape)


@pytest.mark.parametrize("source", ["bool", "int8", "uint8", "int16", "int32", "int64", "float32"])
@pytest.mark.parametrize("target", ["bool", "int8", "uint8", "int16", "int32", "int64", "float32"])
@few
@given(data=st.data())
def test_cast(source: str, target: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), "int8" if source == "bool" else source)).astype(source)
    if source == "float32" and target != "float32":
        x = np.abs(x) if target == "uint8" else x
    model = SingleOperator()
    model.check("CAST", [model.input(x)], None, target)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@given(data=st.data())
def test_add_n(dtype: str, data: st.DataObject) -> None:
    shape = data.draw(shapes())
    model = SingleOperator()
    tensors = [model.input(data.draw(arrays(shape, dtype)) // 8) for _ in range(data.draw(st.integers(2, 4)))]
    model.check("ADD_N", tensors, None, dtype, tolerance=1e-6 if dtype == "float32" else 0.0)
