"""Operators without weights on uint8 and int16 against TFLite's reference kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import (
    ACTIVATIONS,
    PADDINGS,
    Quant,
    arrays,
    broadcast_pairs,
    every_byte,
    float32,
    images,
    pairs,
    quants,
    quants_near,
    shapes,
)
from tests.reference.test_binary import output_quant
from tests.reference.test_resize import reads_outside

TYPES = ["uint8", "int16"]


def zeroed(quant: Quant, dtype: str) -> Quant:
    """The quantisation with a zero point that the type allows."""
    return Quant(quant.scale, 0 if dtype == "int16" else quant.zero_point & 255)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL"])
@given(data=st.data())
def test_arithmetic(name: str, dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs(4))
    a_quant = data.draw(quants(-12, 1, dtype))
    b_quant = zeroed(data.draw(quants_near(a_quant, -9, 9, dtype)), dtype)
    model = SingleOperator()
    a, b = data.draw(arrays(shape_a, dtype)), data.draw(arrays(shape_b, dtype))
    base = data.draw(output_quant(name, a_quant, b_quant))
    y = zeroed(Quant(float32(base.scale * (64 if dtype == "int16" and name == "MUL" else 1)), base.zero_point), dtype)
    option: dict[str, Any] = {"fused_activation_function": data.draw(ACTIVATIONS)}
    if name != "MUL":
        option["pot_scale_int16"] = False
    model.check(name, [model.input(a, a_quant), model.input(b, b_quant)], y, dtype, **option)


@pytest.mark.parametrize("name", ["ADD", "SUB"])
@given(data=st.data())
def test_scales_of_powers_of_two(name: str, data: st.DataObject) -> None:
    """One operand on the output's scale, the other finer: shifted, each rounded by itself."""
    y, finer = Quant(2.0 ** data.draw(st.integers(-15, -5))), data.draw(st.integers(0, 8))
    operands = [y, Quant(y.scale * 2.0**-finer)][:: data.draw(st.sampled_from([1, -1]))]
    shape = data.draw(shapes(1, 3))
    model = SingleOperator()
    tensors = [model.input(data.draw(arrays(shape, "int16")), quant) for quant in operands]
    model.check(name, tensors, y, "int16", fused_activation_function=data.draw(ACTIVATIONS))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["MAXIMUM", "MINIMUM"])
@given(data=st.data())
def test_extrema(name: str, dtype: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    quant = data.draw(quants(dtype=dtype))
    model = SingleOperator()
    a, b = data.draw(arrays(shape_a, dtype)), data.draw(arrays(shape_b, dtype))
    model.check(name, [model.input(a, quant), model.input(b, quant)], quant, dtype)


CLAMPS = [(name, dtype) for name in ("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU") for dtype in TYPES]


@pytest.mark.parametrize(("name", "dtype"), [c for c in CLAMPS if c != ("RELU_N1_TO_1", "int16")])
@given(data=st.data())
def test_clamps(name: str, dtype: str, data: st.DataObject) -> None:
    x = data.draw(quants(-12, 1, dtype))
    y = zeroed(data.draw(quants_near(x, -3, 3, dtype)), dtype)
    options = {"alpha": float32(data.draw(st.floats(-2, 2, width=32)))} if name == "LEAKY_RELU" else {}
    model = SingleOperator()
    model.check(name, [model.input(every_byte(dtype), x)], y, dtype, **options)


@given(st.data())
def test_concatenation_of_scales(data: st.DataObject) -> None:
    """Legacy uint8 inputs may differ in scale and zero point."""
    y = data.draw(quants(dtype="uint8"))
    model = SingleOperator()
    kinds = [y if data.draw(st.booleans()) else data.draw(quants_near(y, dtype="uint8")) for _ in range(3)]
    tensors = [model.input(every_byte("uint8"), zeroed(quant, "uint8")) for quant in kinds]
    model.check("CONCATENATION", tensors, y, "uint8", axis=data.draw(st.integers(0, 1)))


@given(st.data())
def test_hard_swish_uint8(data: st.DataObject) -> None:
    x = data.draw(quants(dtype="uint8"))
    model = SingleOperator()
    model.check("HARD_SWISH", [model.input(every_byte("uint8"), x)], data.draw(quants_near(x, -3, 3, "uint8")), "uint8")


OUTPUTS = {
    ("LOGISTIC", "uint8"): Quant(1 / 256, 0),
    ("LOGISTIC", "int16"): Quant(1 / 32768, 0),
    ("TANH", "uint8"): Quant(1 / 128, 128),
    ("TANH", "int16"): Quant(1 / 32768, 0),
}


@pytest.mark.parametrize(("name", "dtype"), OUTPUTS)
@given(data=st.data())
def test_functions_with_a_fixed_output(name: str, dtype: str, data: st.DataObject) -> None:
    x = data.draw(quants(-16 if dtype == "int16" else -9, 0.9, dtype))
    assume(dtype != "int16" or x.scale < 2)
    model = SingleOperator()
    model.check(name, [model.input(every_byte(dtype), x)], OUTPUTS[name, dtype], dtype)


@pytest.mark.parametrize("dtype", TYPES)
@given(data=st.data())
def test_softmax(dtype: str, data: st.DataObject) -> None:
    shape = (*data.draw(shapes(0, 2, 4)), data.draw(st.integers(1, 12) | st.integers(1, 300)))
    x, beta = data.draw(quants(-15 if dtype == "int16" else -9, 0, dtype)), data.draw(st.sampled_from([1.0, 0.3, 4.0]))
    y = Quant(1 / 32768 if dtype == "int16" else 1 / 256, 0)
    model = SingleOperator()
    model.check("SOFTMAX", [model.input(data.draw(arrays(shape, dtype)), x)], y, dtype, beta=float32(beta))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@given(data=st.data())
def test_pools(name: str, dtype: str, data: st.DataObject) -> None:
    shape, quant = data.draw(images()), data.draw(quants(dtype=dtype))
    kernel = [data.draw(st.integers(1, min(4, d))) for d in shape[1:3]]
    stride = data.draw(pairs(1, 3))
    options = {"filter_height": kernel[0], "filter_width": kernel[1], "stride_h": stride[0], "stride_w": stride[1]}
    model = SingleOperator()
    x = model.input(data.draw(arrays(shape, dtype)), quant)
    activation = {"fused_activation_function": data.draw(ACTIVATIONS)}
    model.check(name, [x], quant, dtype, padding=data.draw(PADDINGS), **options, **activation)


@pytest.mark.parametrize("dtype", TYPES)
@given(data=st.data())
def test_mean(dtype: str, data: st.DataObject) -> None:
    shape, x = data.draw(shapes(1, 4, 7)), data.draw(quants(dtype=dtype))
    axes = sorted(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1)))
    y = zeroed(data.draw(quants_near(x, -2, 2, dtype)), dtype)
    model = SingleOperator()
    tensors = [model.input(data.draw(arrays(shape, dtype)), x), model.constant(np.array(axes, np.int32))]
    model.check("MEAN", tensors, y, dtype, keep_dims=data.draw(st.booleans()))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "float32"])
@given(data=st.data())
def test_prelu(dtype: str, data: st.DataObject) -> None:
    """Slopes known now or computed at run time; those of int16 are int8."""
    shape, slope_type = data.draw(shapes(1, 4, 5)), "int8" if dtype == "int16" else dtype
    model = SingleOperator()
    slopes, quant = data.draw(arrays(shape[-1:], slope_type)), None
    if dtype == "float32":
        kinds = [None, None]
    else:
        x_quant, quant = data.draw(quants(dtype=dtype)), data.draw(quants(-9, -3, slope_type))
        kinds = [x_quant, zeroed(data.draw(quants_near(x_quant, dtype=dtype)), dtype) if dtype != "int8" else x_quant]
    x = model.input(data.draw(arrays(shape, dtype)), kinds[0])
    alpha = model.input(slopes, quant) if data.draw(st.booleans()) else model.constant(slopes, quant)
    model.check("PRELU", [x, alpha], kinds[1], dtype)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*(("RESIZE_BILINEAR", dtype) for dtype in TYPES), *(("RESIZE_NEAREST_NEIGHBOR", dtype) for dtype in TYPES)],
)
@given(data=st.data())
def test_resize(name: str, dtype: str, data: st.DataObject) -> None:
    quant = data.draw(quants(dtype=dtype))
    align, half = data.draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    shape, size = data.draw(images()), data.draw(pairs(1, 20))
    assume(not any(reads_outside(*sizes) for sizes in zip(shape[1:3], size, strict=True)))
    model = SingleOperator()
    x = model.input(data.draw(arrays(shape, dtype)), quant)
    model.check(
        name, [x, model.constant(np.array(size, np.int32))], quant, dtype, align_corners=align, half_pixel_centers=half
    )
