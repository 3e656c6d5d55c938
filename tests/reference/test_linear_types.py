"""Layers with weights of other types than int8 (int16x8, legacy uint8) and TRANSPOSE_CONV against TFLite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
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
    octaves,
    pairs,
    quants,
    shapes,
)
from tests.reference.test_linear import weight_quants, windows


@dataclass(frozen=True)
class Kind:
    """Types of a layer: activations, weights, bias; how many zeros the sums need to fit the output."""

    x: str
    weights: str
    bias: str
    zeros: int

    @property
    def options(self) -> dict[str, str]:
        """What tells TFLite that the bias of an int16 layer is not int64."""
        return {"quantized_bias_type": "INT32"} if (self.x, self.bias) == ("int16", "int32") else {}


KINDS = {
    "int8": Kind("int8", "int8", "int32", 0),
    "int16": Kind("int16", "int8", "int64", 7),
    "int16 bias int32": Kind("int16", "int8", "int32", 7),
    "uint8": Kind("uint8", "uint8", "int32", 0),
}


@st.composite
def layers(
    draw: st.DrawFn, kind: Kind, x: Array, weights: Array, axis: int, *, wide: bool = True
) -> tuple[SingleOperator, list[int], Quant]:
    """The operator's tensors and the quantisation of its output; not `wide`: sums fit int32, as a double must in C."""
    x_quant, channels = draw(quants(dtype=kind.x)), weights.shape[axis]
    if kind.weights == "uint8":
        w_quant = Quant(draw(octaves(-9, -4)), draw(st.integers(0, 255)))
    else:
        w_quant = draw(weight_quants(channels, axis))
    model = SingleOperator()
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    limit = draw(st.sampled_from([100, 2**13, 2**20, 2**33 if wide and kind.bias == "int64" else 2**20]))
    bias = rng.integers(-limit, limit, channels).astype(kind.bias)
    scales = tuple(float32(s * x_quant.scale) for s in np.ravel(w_quant.scale))
    tensors = [model.input(x, x_quant), model.constant(weights, w_quant), model.constant(bias, Quant(scales, 0, 0))]
    y = float32(max(scales) * draw(octaves(-3 + kind.zeros // 2, 14 + kind.zeros)))
    zero = 0 if kind.x == "int16" else draw(st.integers(np.iinfo(kind.x).min, np.iinfo(kind.x).max))
    return model, tensors, Quant(y, zero)


@pytest.mark.parametrize("kind", ["int16", "int16 bias int32", "uint8"])
@given(data=st.data())
def test_conv_2d(kind: str, data: st.DataObject) -> None:
    k, shape = KINDS[kind], data.draw(images())
    groups = data.draw(st.sampled_from([g for g in range(1, 7) if shape[3] % g == 0])) if kind == "int16" else 1
    kernel = data.draw(pairs(1, 4))
    weights = data.draw(arrays((groups * data.draw(st.integers(1, 5)), *kernel, shape[3] // groups), k.weights))
    model, tensors, y = data.draw(layers(k, data.draw(arrays(shape, k.x)), weights, 0))
    model.check("CONV_2D", tensors, y, k.x, **data.draw(windows(shape, kernel)), **k.options)


@pytest.mark.parametrize("kind", ["int16", "uint8"])
@given(data=st.data())
def test_depthwise_conv_2d(kind: str, data: st.DataObject) -> None:
    k, shape, kernel = KINDS[kind], data.draw(images()), data.draw(pairs(1, 4))
    multiplier = data.draw(st.integers(1, 4))
    weights = data.draw(arrays((1, *kernel, shape[3] * multiplier), k.weights))
    model, tensors, y = data.draw(layers(k, data.draw(arrays(shape, k.x)), weights, 3))
    model.check("DEPTHWISE_CONV_2D", tensors, y, k.x, depth_multiplier=multiplier, **data.draw(windows(shape, kernel)))


@pytest.mark.parametrize("kind", ["int16", "int16 bias int32", "uint8"])
@given(data=st.data())
def test_fully_connected(kind: str, data: st.DataObject) -> None:
    k, lead, depth = KINDS[kind], data.draw(shapes(1, 3, 4)), data.draw(st.integers(1, 300))
    weights = data.draw(arrays((data.draw(st.integers(1, 40)), depth), k.weights))
    model, tensors, y = data.draw(layers(k, data.draw(arrays((*lead, depth), k.x)), weights, 0, wide=False))
    if not k.options and data.draw(st.integers(0, 3)) == 0:
        tensors.pop()
    options = {"keep_num_dims": data.draw(st.booleans()), "fused_activation_function": data.draw(ACTIVATIONS)}
    model.check("FULLY_CONNECTED", tensors, y, k.x, **options, **k.options)


@pytest.mark.parametrize("name", ["CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"])
def test_uint8_products_of_scales(name: str) -> None:
    """One uint8 result in 100,000 tells whether the product of the scales is rounded to float32 (in convolutions)."""
    rng, found = np.random.default_rng(7), 0
    while found < 4:
        x_scale, w_scale = rng.uniform(0.01, 0.02, 2).astype(np.float32)
        if abs(float(x_scale * w_scale) / (float(x_scale) * float(w_scale)) - 1) < 4e-8:
            continue
        found += 1
        x, weights = rng.integers(0, 256, (1000, 64)).astype(np.uint8), rng.integers(0, 256, (400, 64)).astype(np.uint8)
        largest = int(np.abs((x.astype(int) - 128) @ (weights.astype(int) - 128).T).max())
        image, kernel = ((1000, 64), (400, 64)) if name == "FULLY_CONNECTED" else ((1, 25, 40, 64), (400, 1, 1, 64))
        model = SingleOperator()
        given_x = model.input(x.reshape(image), Quant(float(x_scale), 128))
        bias = model.constant(np.zeros(400, np.int32), Quant(float(x_scale * w_scale)))
        tensors = [given_x, model.constant(weights.reshape(kernel), Quant(float(w_scale), 128)), bias]
        options = {} if name == "FULLY_CONNECTED" else {"padding": "SAME", "stride_h": 1, "stride_w": 1}
        if name == "TRANSPOSE_CONV":
            tensors = [model.constant([1, 25, 40, 400]), *tensors[1::-1], bias]
        y = Quant(float32(float(x_scale) * float(w_scale) * largest / 126), 128)
        model.check(name, tensors, y, "uint8", **options)


@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
@given(data=st.data())
def test_int4_weights(name: str, data: st.DataObject) -> None:
    """Packed two to a byte; odd numbers of them, too."""
    k, shape, kernel = KINDS["int8"], data.draw(images()), data.draw(pairs(1, 3))
    if name == "FULLY_CONNECTED":
        shape = (shape[0], shape[3])
    weights_shape = {
        "CONV_2D": (data.draw(st.integers(1, 5)), *kernel, shape[-1]),
        "DEPTHWISE_CONV_2D": (1, *kernel, shape[-1]),
        "FULLY_CONNECTED": (data.draw(st.integers(1, 9)), shape[-1]),
    }[name]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    weights = rng.integers(-7, 8, weights_shape).astype(np.int8)
    axis = 3 if name == "DEPTHWISE_CONV_2D" else 0
    model, (x, w, bias), y = data.draw(layers(k, data.draw(arrays(shape)), weights, axis))
    model.pack_as_int4(w, weights)
    window = {} if name == "FULLY_CONNECTED" else data.draw(windows(shape, kernel))
    extra = {"depth_multiplier": 1} if name == "DEPTHWISE_CONV_2D" else {}
    model.check(name, [x, w, bias], y, **window, **extra)


@given(st.data())
def test_transpose_conv_float(data: st.DataObject) -> None:
    shape, kernel, stride = data.draw(images()), data.draw(pairs(1, 5)), data.draw(pairs(1, 3))
    model = SingleOperator()
    x = model.input(data.draw(arrays(shape, "float32")))
    weights = model.constant(data.draw(arrays((3, *kernel, shape[3]), "float32")))
    bias = [model.constant(data.draw(arrays((3,), "float32")))] if data.draw(st.booleans()) else []
    size = [d * s for d, s in zip(shape[1:3], stride, strict=True)]
    out = model.constant(np.array([shape[0], *size, 3], np.int32))
    options = {"padding": "SAME", "stride_h": stride[0], "stride_w": stride[1]}
    model.check("TRANSPOSE_CONV", [out, weights, x, *bias], None, "float32", tolerance=1e-5, **options)


@pytest.mark.parametrize("kind", ["int8", "int16", "uint8"])
@given(data=st.data())
def test_transpose_conv(kind: str, data: st.DataObject) -> None:
    k, shape, kernel, stride = KINDS[kind], data.draw(images()), data.draw(pairs(1, 5)), data.draw(pairs(1, 3))
    weights = data.draw(arrays((data.draw(st.integers(1, 5)), *kernel, shape[3]), k.weights))
    model, (x, *tensors), y = data.draw(layers(k, data.draw(arrays(shape, k.x)), weights, 0))
    padding = data.draw(PADDINGS)
    size = [
        max(1, d * s + (data.draw(st.integers(1 - s, 0)) if padding == "SAME" else max(n - s, 0)))
        for d, s, n in zip(shape[1:3], stride, kernel, strict=True)
    ]
    if data.draw(st.booleans()):
        tensors.pop()
    out = model.constant(np.array([shape[0], *size, weights.shape[0]], np.int32))
    options = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1]}
    model.check("TRANSPOSE_CONV", [out, tensors[0], x, *tensors[1:]], y, k.x, **options)
