"""Float32 and hybrid operators against TFLite's reference kernels, within a few roundings."""

from __future__ import annotations

import math
from typing import Any

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
    broadcast_pairs,
    images,
    pairs,
    shapes,
)

TOLERANCE = 1e-5
SLOPES = st.floats(-2, 2, width=32)


@st.composite
def floats(draw: st.DrawFn, shape: tuple[int, ...], spread: float = 1.0) -> Array:
    """Normal numbers, a tenth of them exactly zero."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return np.where(rng.random(shape) < 0.1, 0, rng.normal(0, spread, shape)).astype(np.float32)


@st.composite
def weights(draw: st.DrawFn, model: SingleOperator, shape: tuple[int, ...], axis: int, *, hybrid: bool) -> int:
    """Float32 weights; hybrid ones are int8 with a scale per channel, or one (which TFLite misreads in depthwise)."""
    rng, channels = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), shape[axis]
    if not hybrid:
        return model.constant(rng.normal(0, 1 / math.sqrt(math.prod(shape) / channels), shape).astype(np.float32))
    single = axis == 0 and draw(st.booleans())
    scales = rng.uniform(0.001, 0.02, 1 if single else channels).astype(np.float32).tolist()
    quant = Quant(scales[0]) if single else Quant(tuple(scales), 0, axis)
    return model.constant(rng.integers(-127, 128, shape, np.int8), quant)


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    """Stride, dilation, padding and activation; TFLite wants stride or dilation to be 1 in depthwise."""
    dilation = draw(st.sampled_from([1, 1, 2]))
    stride = draw(pairs(1, 3)) if dilation == 1 else (1, 1)
    return {
        "stride_h": stride[0],
        "stride_w": stride[1] if dilation == 1 else 1,
        "dilation_h_factor": dilation,
        "dilation_w_factor": dilation,
        "padding": draw(PADDINGS),
        "fused_activation_function": draw(ACTIVATIONS),
    }


@pytest.mark.parametrize("hybrid", [False, True], ids=["float", "hybrid"])
@given(data=st.data())
def test_conv_2d(data: st.DataObject, hybrid: bool) -> None:
    n, h, w, c = data.draw(images())
    options, kernel, channels = data.draw(windows()), data.draw(pairs(1, 3)), data.draw(st.integers(1, 6))
    reach = (max(kernel) - 1) * options["dilation_h_factor"]
    model = SingleOperator()
    x = model.input(data.draw(floats((n, h + reach, w + reach, c))))
    filters = data.draw(weights(model, (channels, *kernel, c), 0, hybrid=hybrid))
    bias = model.constant(data.draw(floats((channels,))))
    model.check("CONV_2D", [x, filters, bias], None, "float32", tolerance=TOLERANCE, **options)


@pytest.mark.parametrize("hybrid", [False, True], ids=["float", "hybrid"])
@given(data=st.data())
def test_depthwise_conv_2d(data: st.DataObject, hybrid: bool) -> None:
    n, h, w, c = data.draw(images())
    options, kernel, multiplier = data.draw(windows()), data.draw(pairs(1, 3)), data.draw(st.integers(1, 3))
    options["stride_w"] = options["stride_h"]
    reach = (max(kernel) - 1) * options["dilation_h_factor"]
    model = SingleOperator()
    x = model.input(data.draw(floats((n, h + reach, w + reach, c))))
    channels = c * multiplier
    filters = data.draw(weights(model, (1, *kernel, channels), 3, hybrid=hybrid))
    bias = model.constant(data.draw(floats((channels,))))
    model.check(
        "DEPTHWISE_CONV_2D",
        [x, filters, bias],
        None,
        "float32",
        tolerance=TOLERANCE,
        depth_multiplier=multiplier,
        **options,
    )


@pytest.mark.parametrize("hybrid", [False, True], ids=["float", "hybrid"])
@given(data=st.data())
def test_fully_connected(data: st.DataObject, hybrid: bool) -> None:
    rows, depth, outputs = (data.draw(st.integers(1, limit)) for limit in (4, 40, 9))
    model = SingleOperator()
    tensors = [model.input(data.draw(floats((rows, depth))))]
    tensors.append(data.draw(weights(model, (outputs, depth), 0, hybrid=hybrid)))
    if data.draw(st.booleans()):
        tensors.append(model.constant(data.draw(floats((outputs,)))))
    flags = {"asymmetric_quantize_inputs": data.draw(st.booleans()), "keep_num_dims": data.draw(st.booleans())}
    activation = data.draw(ACTIVATIONS)
    # Few outputs may all but cancel out, or all but those be cut off: the bound is of the largest term, about 1.
    if outputs * rows < (16 if activation.startswith("RELU") else 4):
        return
    model.check(
        "FULLY_CONNECTED", tensors, None, "float32", tolerance=TOLERANCE, fused_activation_function=activation, **flags
    )


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"])
@given(data=st.data())
def test_binary(data: st.DataObject, name: str) -> None:
    model = SingleOperator()
    tensors = [model.input(data.draw(floats(shape, 4))) for shape in data.draw(broadcast_pairs())]
    options = {} if name.endswith("IMUM") else {"fused_activation_function": data.draw(ACTIVATIONS)}
    model.check(name, tensors, None, "float32", tolerance=TOLERANCE, **options)


@pytest.mark.parametrize("name", ["RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU"])
@given(data=st.data())
def test_unary(data: st.DataObject, name: str) -> None:
    model = SingleOperator()
    values = data.draw(floats(data.draw(shapes()), data.draw(st.sampled_from([3.0, 30.0]))))
    if name == "LOGISTIC":  # below -9 TFLite takes exp(x) for it: 1.6e-8 more, which may be all that there is
        values = np.append(values.reshape(-1), np.float32(0))
    x = model.input(values)
    options = {"alpha": data.draw(SLOPES)} if name == "LEAKY_RELU" else {}
    model.check(name, [x], None, "float32", tolerance=TOLERANCE, **options)


@given(data=st.data())
def test_prelu(data: st.DataObject) -> None:
    model = SingleOperator()
    shape = data.draw(images())
    slopes = data.draw(st.sampled_from([shape[1:], (1, 1, shape[3])]))
    tensors = [model.input(data.draw(floats(shape))), model.constant(data.draw(floats(slopes)))]
    model.check("PRELU", tensors, None, "float32", tolerance=TOLERANCE)


@pytest.mark.parametrize("name", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@given(data=st.data())
def test_pool(data: st.DataObject, name: str) -> None:
    model = SingleOperator()
    n, h, w, c = data.draw(images())
    (kh, kw), (sh, sw) = data.draw(pairs(1, 4)), data.draw(pairs(1, 3))
    x = model.input(data.draw(floats((n, h + kh - 1, w + kw - 1, c), 4)))
    options = {
        "filter_height": kh,
        "filter_width": kw,
        "stride_h": sh,
        "stride_w": sw,
        "padding": data.draw(PADDINGS),
        "fused_activation_function": data.draw(ACTIVATIONS),
    }
    model.check(name, [x], None, "float32", tolerance=TOLERANCE, **options)


@given(data=st.data())
def test_mean(data: st.DataObject) -> None:
    model = SingleOperator()
    shape = data.draw(shapes(2, 4))
    axes = sorted(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1)))
    x = model.input(data.draw(floats(shape)) + np.float32(1))
    model.check(
        "MEAN", [x, model.constant(axes)], None, "float32", tolerance=TOLERANCE, keep_dims=data.draw(st.booleans())
    )


@given(data=st.data())
def test_softmax(data: st.DataObject) -> None:
    model = SingleOperator()
    x = model.input(data.draw(floats(data.draw(shapes(1, 4, 12)), data.draw(st.sampled_from([1.0, 30.0])))))
    beta = data.draw(st.sampled_from([1.0, 0.3, 4.0]))
    model.check("SOFTMAX", [x], None, "float32", tolerance=TOLERANCE, beta=beta)


@pytest.mark.parametrize("name", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
@given(data=st.data())
def test_resize(data: st.DataObject, name: str) -> None:
    model = SingleOperator()
    x = model.input(data.draw(floats(data.draw(images()))))
    align, half = data.draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    size = model.constant(np.array(data.draw(pairs(1, 20)), np.int32))
    options = {"align_corners": align, "half_pixel_centers": half}
    model.check(name, [x, size], None, "float32", tolerance=TOLERANCE, **options)


@given(data=st.data())
def test_float16_weights(data: st.DataObject) -> None:
    """Float16 constants behind DEQUANTIZE become float32 at import."""
    model = SingleOperator()
    depth, outputs = data.draw(st.integers(1, 20)), data.draw(st.integers(4, 9))
    x = model.input(data.draw(floats((2, depth))))
    halves = model.constant(data.draw(floats((outputs, depth), 1 / math.sqrt(depth))).astype(np.float16))
    filters = model.writer.tensor("filters", (outputs, depth), "float32")
    model.writer.operator("DEQUANTIZE", [halves], [filters])
    model.check("FULLY_CONNECTED", [x, filters], None, "float32", tolerance=TOLERANCE)
