"""Norms in float32 and products of matrices against TFLite's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import (
    ACTIVATIONS,
    PADDINGS,
    Array,
    Quant,
    arrays,
    float32,
    images,
    quants,
    quants_near,
    shapes,
)


@pytest.mark.parametrize("name", ["L2_NORMALIZATION", "LOG_SOFTMAX"])
@given(data=st.data())
def test_norms(name: str, data: st.DataObject) -> None:
    model = SingleOperator()
    model.check(name, [model.input(data.draw(arrays(data.draw(shapes()), "float32")))], None, "float32", tolerance=2e-6)


@pytest.mark.parametrize(
    ("name", "dtype", "y"),
    [
        ("L2_NORMALIZATION", "int8", Quant(1 / 128, 0)),
        ("L2_NORMALIZATION", "uint8", Quant(1 / 128, 128)),
        ("LOG_SOFTMAX", "int8", Quant(1 / 16, 127)),
        ("LOG_SOFTMAX", "uint8", Quant(1 / 16, 255)),
    ],
)
@given(data=st.data())
def test_quantized_norms(name: str, dtype: str, y: Quant, data: st.DataObject) -> None:
    model = SingleOperator()
    shape = data.draw(shapes() | st.tuples(st.integers(1, 4), st.integers(20, 1500)))
    model.check(name, [model.input(data.draw(arrays(shape, dtype)), data.draw(quants(-12, 5, dtype)))], y, dtype)


@given(data=st.data())
def test_l2_pool(data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(images()), "float32"))
    height, width = (data.draw(st.integers(1, d)) for d in x.shape[1:3])
    model = SingleOperator()
    model.check(
        "L2_POOL_2D",
        [model.input(x)],
        None,
        "float32",
        tolerance=2e-6,
        filter_height=height,
        filter_width=width,
        stride_h=data.draw(st.integers(1, 3)),
        stride_w=data.draw(st.integers(1, 3)),
        padding=data.draw(PADDINGS),
        fused_activation_function=data.draw(ACTIVATIONS),
    )


def keeps_its_size(a: Array, b: Array) -> bool:
    """Whether products of floats do not all but cancel, which leaves the last bits of what was added."""
    real, size = (
        np.matmul(a.astype(float), b.astype(float)),
        np.matmul(np.abs(a.astype(float)), np.abs(b.astype(float))),
    )
    return bool(np.abs(real).max() > size.max() / 4)


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16"])
@given(data=st.data())
def test_batch_matmul(dtype: str, data: st.DataObject) -> None:
    rows, depth, columns = (data.draw(st.integers(1, 6)) for _ in range(3))
    batches = data.draw(shapes(0, 2, 3))
    other = tuple(d if data.draw(st.booleans()) else 1 for d in batches)
    adj_x, adj_y = data.draw(st.booleans()), data.draw(st.booleans())
    a = data.draw(arrays((*batches, depth, rows) if adj_x else (*batches, rows, depth), dtype))
    b = data.draw(arrays((*other, columns, depth) if adj_y else (*other, depth, columns), dtype))
    turned = np.swapaxes(a, -1, -2) if adj_x else a, np.swapaxes(b, -1, -2) if adj_y else b
    assume(dtype != "float32" or keeps_its_size(*turned))
    model, y = SingleOperator(), None
    pair: list[Quant | None] = [None, None]
    if dtype != "float32":
        pair = [data.draw(quants(dtype=dtype)), data.draw(quants(dtype=dtype))]
        steps = 64 if dtype == "int8" else 2**14
        product = Quant(float32(pair[0].scale * pair[1].scale * steps)) if pair[0] and pair[1] else None
        y = data.draw(quants_near(product, -3, 3, dtype)) if product else None
    tensors = [model.input(a, pair[0]), model.input(b, pair[1])]
    model.check("BATCH_MATMUL", tensors, y, dtype, tolerance=1e-6 * (dtype == "float32"), adj_x=adj_x, adj_y=adj_y)


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8"])
@given(data=st.data())
def test_fully_connected_of_computed_weights(dtype: str, data: st.DataObject) -> None:
    lead, depth, outputs = data.draw(shapes(1, 3, 4)), data.draw(st.integers(1, 60)), data.draw(st.integers(1, 12))
    x, weights = data.draw(arrays((*lead, depth), dtype)), data.draw(arrays((outputs, depth), dtype))
    assume(dtype != "float32" or keeps_its_size(x.reshape(-1, depth), weights.T))
    model, y = SingleOperator(), None
    pair: list[Quant | None] = [None, None]
    bias: list[int] = []
    if dtype == "float32":
        bias = [model.constant(data.draw(arrays((outputs,), "float32")))]
    else:
        x_quant, w_quant = data.draw(quants(dtype=dtype)), data.draw(quants(dtype=dtype))
        pair, product = [x_quant, w_quant], float32(x_quant.scale * w_quant.scale)
        y = data.draw(quants_near(Quant(float32(product * 64)), -3, 5, dtype))
        bias = [model.constant(data.draw(arrays((outputs,), "int32")) // 2**14, Quant(product))]
    x_index = model.constant(x, pair[0]) if data.draw(st.integers(0, 4)) == 0 else model.input(x, pair[0])
    tensors = [x_index, model.input(weights, pair[1]), *(bias if data.draw(st.booleans()) else [-1])]
    activations = st.sampled_from(["NONE", "RELU"]) if dtype == "float32" else ACTIVATIONS  # a bound leaves small ones
    options = {"keep_num_dims": data.draw(st.booleans()), "fused_activation_function": data.draw(activations)}
    model.check("FULLY_CONNECTED", tensors, y, dtype, tolerance=2e-6 * (dtype == "float32"), **options)


@given(data=st.data())
def test_hybrid_batch_matmul(data: st.DataObject) -> None:
    """Floats times one constant matrix of int8 (with two batch dimensions TFLite takes the scales of other rows)."""
    lead, depth, outputs = data.draw(shapes(1, 2, 4)), data.draw(st.integers(1, 40)), data.draw(st.integers(1, 9))
    adj_y = data.draw(st.booleans())
    weights = data.draw(arrays((outputs, depth) if adj_y else (depth, outputs)))
    model = SingleOperator()
    tensors = [model.input(data.draw(arrays((*lead, depth), "float32"))), model.constant(weights, Quant(0.01))]
    options = {"adj_x": False, "adj_y": adj_y, "asymmetric_quantize_inputs": data.draw(st.booleans())}
    model.check("BATCH_MATMUL", tensors, None, "float32", tolerance=1e-5, **options)
