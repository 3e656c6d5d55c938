"""Reductions and look-ups against TFLite's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import Array, Quant, arrays, float32, quants, quants_near, shapes

QUANT = Quant(0.1, 3)
few = settings(max_examples=12)


def quant_of(dtype: str) -> Quant | None:
    return Quant(0.1, 0 if dtype == "int16" else 3) if dtype in {"int8", "uint8", "int16"} else None


def reduce(data: st.DataObject, name: str, x: Array, quants_of: tuple[Quant | None, Quant | None]) -> None:
    axes = data.draw(st.lists(st.integers(-x.ndim, x.ndim - 1), min_size=1, max_size=3))
    model, dtype = SingleOperator(), x.dtype.name
    tolerance = 1e-5 if dtype == "float32" else 0.0
    tensors = [model.input(x, quants_of[0]), model.constant(axes)]
    model.check(name, tensors, quants_of[1], dtype, tolerance=tolerance, keep_dims=data.draw(st.booleans()))


PLAIN = [(name, dtype) for name in ("SUM", "REDUCE_PROD") for dtype in ("float32", "int32", "int64")]
EXTREMES = [
    (name, dtype)
    for name in ("REDUCE_MAX", "REDUCE_MIN")
    for dtype in ("float32", "int8", "uint8", "int16", "int32", "int64")
]


@pytest.mark.parametrize(("name", "dtype"), [*PLAIN, *EXTREMES])
@few
@given(data=st.data())
def test_reductions(name: str, dtype: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), dtype))
    if name == "REDUCE_PROD":
        x = (x / 10).astype(dtype) if dtype == "float32" else x
    reduce(data, name, x, (quant_of(dtype), quant_of(dtype)))


@given(data=st.data())
def test_quantized_sum(data: st.DataObject) -> None:
    quant = data.draw(quants(-9, 1, "uint8"))
    x, y = data.draw(arrays(data.draw(shapes()), "uint8")), data.draw(quants_near(quant, 0, 7, "uint8"))
    reduce(data, "SUM", x, (quant, y))


@given(data=st.data())
def test_quantized_sum_of_int8(data: st.DataObject) -> None:
    """TFLite reads int8 as uint8 here (TFLM does not, and neither do we): alike where no number is negative."""
    x = np.abs(data.draw(arrays(data.draw(shapes()))) // 2)
    reduce(data, "SUM", x, (Quant(0.5, 0), Quant(0.5 * x.size, 0)))


@pytest.mark.parametrize("name", ["REDUCE_ANY", "REDUCE_ALL"])
@given(data=st.data())
def test_truth(name: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()))) > data.draw(st.sampled_from([-100, 0, 100]))
    reduce(data, name, x, (None, None))


@pytest.mark.parametrize("name", ["ARG_MAX", "ARG_MIN"])
@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8", "int32"])
@pytest.mark.parametrize("to", ["int32", "int64"])
@few
@given(data=st.data())
def test_places(name: str, dtype: str, to: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), dtype))
    x = np.round(x / 3).astype(dtype) if dtype == "float32" else x
    model = SingleOperator()
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    model.check(name, [model.input(x, quant_of(dtype)), model.constant(axis)], None, to, output_type=to.upper())


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16", "int32", "int64", "bool"])
@few
@given(data=st.data())
def test_gather(dtype: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), "int8" if dtype == "bool" else dtype)).astype(dtype)
    axis = data.draw(st.integers(0, x.ndim - 1))
    batch = data.draw(st.integers(0, axis))
    tail = data.draw(shapes(0, 2, 3)) if batch + 2 < 4 else ()
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    index_type = data.draw(st.sampled_from(["int32", "int64"]))
    indices = rng.integers(0, x.shape[axis], (*x.shape[:batch], *tail)).astype(index_type)
    model = SingleOperator()
    where = data.draw(st.sampled_from(["neither", "x", "indices"]))
    quant = quant_of(dtype)
    tensors = [
        model.constant(x, quant) if where == "x" else model.input(x, quant),
        model.constant(indices) if where == "indices" else model.input(indices),
    ]
    model.check("GATHER", tensors, quant, dtype, axis=axis - x.ndim * data.draw(st.booleans()), batch_dims=batch)


@pytest.mark.parametrize("dtype", ["float32", "int8", "int32"])
@few
@given(data=st.data())
def test_gather_nd(dtype: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), dtype))
    depth = data.draw(st.integers(1, x.ndim))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    tuples = [rng.integers(0, d, data.draw(st.just((3, 2)))) for d in x.shape[:depth]]
    model = SingleOperator()
    tensors = [model.input(x, quant_of(dtype)), model.input(np.stack(tuples, -1).astype(np.int32))]
    model.check("GATHER_ND", tensors, quant_of(dtype), dtype)


@pytest.mark.parametrize("dtype", ["float32", "int8", "int32"])
@few
@given(data=st.data())
def test_update_slice(dtype: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), dtype))
    update = data.draw(arrays(tuple(data.draw(st.integers(1, d)) for d in x.shape), dtype))
    start = np.array(
        [data.draw(st.integers(-2, d + 1)) for d in x.shape], data.draw(st.sampled_from(["int32", "int64"]))
    )
    model = SingleOperator()
    where = model.constant(start) if data.draw(st.booleans()) else model.input(start)
    tensors = [model.input(x, quant_of(dtype)), model.input(update, quant_of(dtype)), where]
    model.check("DYNAMIC_UPDATE_SLICE", tensors, quant_of(dtype), dtype, shape=x.shape)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@given(data=st.data())
def test_embedding_lookup(dtype: str, data: st.DataObject) -> None:
    table = data.draw(arrays(data.draw(shapes(2, 3)), dtype))
    ids = np.array(data.draw(st.lists(st.integers(0, table.shape[0] - 1), min_size=1, max_size=5)), np.int32)
    model = SingleOperator()
    tensors = [model.input(ids), model.constant(table, quant_of(dtype))]
    model.check("EMBEDDING_LOOKUP", tensors, quant_of(dtype), dtype)


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64"])
@given(data=st.data())
def test_cumsum(dtype: str, data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes()), dtype))
    model = SingleOperator()
    tensors = [model.input(x), model.constant(data.draw(st.integers(-x.ndim, x.ndim - 1)))]
    options = {"exclusive": data.draw(st.booleans()), "reverse": data.draw(st.booleans())}
    model.check("CUMSUM", tensors, None, dtype, tolerance=1e-5 * (dtype == "float32"), **options)


@given(data=st.data())
def test_sum_of_int16(data: st.DataObject) -> None:
    """TFLite's kernel reads other bytes; TFLM's is the exact sum, requantised."""
    x, quant = data.draw(arrays((3, 9), "int16")), data.draw(quants(-9, 0, "int16"))
    y = Quant(float32(quant.scale * data.draw(st.floats(4, 16))))
    model = SingleOperator()
    tensors = [model.input(x, quant), model.constant([1])]
    (mine,) = model.ours("SUM", tensors, y, "int16", keep_dims=False)
    real = x.astype(float).sum(axis=1) * quant.scale / y.scale
    np.testing.assert_allclose(mine, np.clip(real, -(2**15), 2**15 - 1), rtol=0, atol=1)


@given(data=st.data())
def test_embedding_lookup_of_floats_in_bytes(data: st.DataObject) -> None:
    table, ids = data.draw(arrays((7, 5))), data.draw(arrays((4,), "int32")) % 7
    model = SingleOperator()
    model.check("EMBEDDING_LOOKUP", [model.input(ids), model.constant(table, Quant(0.03))], None, "float32")


@pytest.mark.parametrize("name", ["ADD_N", "CUMSUM"])
@pytest.mark.parametrize("zero_point", [0, -5])
@given(data=st.data())
def test_int8_sums_of_tflm(name: str, zero_point: int, data: st.DataObject) -> None:
    """TFLite has none; TFLM takes the zero point off once more than there are terms."""
    x, quant = data.draw(arrays((3, 6))), Quant(float32(2.0 ** data.draw(st.floats(-9, 0))), zero_point)
    y = Quant(float32(quant.scale * data.draw(st.floats(1, 6))), 3)
    model = SingleOperator()
    if name == "ADD_N":
        tensors = [model.input(np.roll(x, i), quant) for i in range(3)]
        sums = sum(np.roll(x, i).astype(int) - zero_point for i in range(3)) - zero_point
        (mine,) = model.ours(name, tensors, y, "int8")
    else:
        tensors = [model.input(x, quant), model.constant([1])]
        sums = np.cumsum(x.astype(int) - zero_point, axis=1) - zero_point
        (mine,) = model.ours(name, tensors, y, "int8", exclusive=False, reverse=False)
    np.testing.assert_allclose(mine, np.clip(sums * quant.scale / y.scale + 3, -128, 127), rtol=0, atol=0.51)
