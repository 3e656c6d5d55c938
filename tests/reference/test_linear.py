"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED against TFLite's reference kernels.

Ties are made by output scales that are small multiples of the accumulator's (factors 1, 1/3, 1/5, 1/7
times powers of two).  Fractions such as 7/10 are left out: see exact_multiplier.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
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
    octaves,
    pairs,
    quants,
    shapes,
)


@st.composite
def weight_quants(draw: st.DrawFn, channels: int, axis: int) -> Quant:
    """One scale, or one per channel."""
    if draw(st.booleans()):
        return Quant(draw(octaves(-9, -4, (1,))))
    base = draw(octaves(-9, -4, (1,)))
    return Quant(tuple(float32(base * draw(octaves(-4, 1, (1,)))) for _ in range(channels)), 0, axis)


@st.composite
def layers(draw: st.DrawFn, x: Array, weights: Array, axis: int) -> tuple[SingleOperator, list[int], Quant]:
    """The operator's tensors and the quantisation of its output, of all factors from 8 down to 2**-14.

    Only a matrix product may lack the bias: TFLite refuses a convolution without one.
    """
    x_quant, channels = draw(quants(multiples=(1,))), weights.shape[axis]
    w_quant = draw(weight_quants(channels, axis))
    model = SingleOperator()
    tensors = [model.input(x, x_quant), model.constant(weights, w_quant)]
    if weights.ndim == 4 or draw(st.booleans()):
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        limit = draw(st.sampled_from([100, 2**13, 2**20]))
        bias = rng.integers(-limit, limit, channels).astype(np.int32)
        scales = tuple(float32(s * x_quant.scale) for s in np.ravel(w_quant.scale))
        tensors.append(model.constant(bias, Quant(scales, 0, 0)))
    largest = max(np.ravel(w_quant.scale)) * x_quant.scale
    return model, tensors, Quant(float32(largest * draw(octaves(-3, 14))), draw(st.integers(-128, 127)))


def fits(shape: tuple[int, ...], kernel: tuple[int, int], dilation: tuple[int, int], padding: str) -> bool:
    """VALID padding leaves at least one output."""
    return padding == "SAME" or all((k - 1) * d < n for n, k, d in zip(shape[1:3], kernel, dilation, strict=True))


@st.composite
def windows(draw: st.DrawFn, shape: tuple[int, ...], kernel: tuple[int, int]) -> dict[str, Any]:
    """Stride, dilation, padding and activation."""
    dilation, padding = draw(st.just((1, 1)) | pairs(1, 3)), draw(PADDINGS)
    assume(fits(shape, kernel, dilation, padding))
    stride = draw(pairs(1, 3))
    return {
        "stride_h": stride[0],
        "stride_w": stride[1],
        "dilation_h_factor": dilation[0],
        "dilation_w_factor": dilation[1],
        "padding": padding,
        "fused_activation_function": draw(ACTIVATIONS),
    }


@given(st.data())
def test_conv_2d(data: st.DataObject) -> None:
    shape = data.draw(images())
    groups = data.draw(st.sampled_from([g for g in range(1, 7) if shape[3] % g == 0]))
    kernel = data.draw(pairs(1, 4))
    weights = data.draw(arrays((groups * data.draw(st.integers(1, 5)), *kernel, shape[3] // groups)))
    model, tensors, y = data.draw(layers(data.draw(arrays(shape)), weights, 0))
    model.check("CONV_2D", tensors, y, **data.draw(windows(shape, kernel)))


@given(st.data())
def test_depthwise_conv_2d(data: st.DataObject) -> None:
    shape, kernel = data.draw(images()), data.draw(pairs(1, 4))
    multiplier = data.draw(st.integers(1, 4))
    weights = data.draw(arrays((1, *kernel, shape[3] * multiplier)))
    model, tensors, y = data.draw(layers(data.draw(arrays(shape)), weights, 3))
    options = data.draw(windows(shape, kernel))
    model.check("DEPTHWISE_CONV_2D", tensors, y, depth_multiplier=multiplier, **options)


@given(st.data())
def test_fully_connected(data: st.DataObject) -> None:
    lead, depth = data.draw(shapes(1, 3, 4)), data.draw(st.integers(1, 300))
    weights = data.draw(arrays((data.draw(st.integers(1, 40)), depth)))
    model, tensors, y = data.draw(layers(data.draw(arrays((*lead, depth))), weights, 0))
    keep, activation = data.draw(st.booleans()), data.draw(ACTIVATIONS)
    model.check("FULLY_CONNECTED", tensors, y, keep_num_dims=keep, fused_activation_function=activation)


@given(st.data())
def test_fully_connected_flattens_what_it_is_given(data: st.DataObject) -> None:
    shape = data.draw(shapes(2, 4, 5))
    weights = data.draw(arrays((3, math.prod(shape[1:]))))
    model, tensors, y = data.draw(layers(data.draw(arrays(shape)), weights, 0))
    model.check("FULLY_CONNECTED", tensors, y)


@given(st.data())
def test_many_accumulators_tell_the_roundings_apart(data: st.DataObject) -> None:
    """Single and double rounding differ in about one of 400 elements: this many find a wrong choice at once."""
    depth, channels = data.draw(st.integers(1, 20)), 8
    weights = data.draw(arrays((channels, depth)))
    x = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).integers(-128, 128, (900, depth)).astype(np.int8)
    model, tensors, y = data.draw(layers(x, weights, 0))
    model.check("FULLY_CONNECTED", tensors, y)
    model, tensors, y = data.draw(layers(x.reshape(1, 30, 30, depth), weights.reshape(channels, 1, 1, depth), 0))
    model.check("CONV_2D", tensors, y, stride_h=1, stride_w=1)


def test_wide_sums_leave_float32() -> None:
    """More than 2**24 in an accumulator: the matrix product must not lose bits."""
    depth = 4096
    x = np.full((1, depth), 127, np.int8)
    x[0, ::7] = 126
    weights = np.full((2, depth), 127, np.int8)
    weights[1, ::3] = -127
    model = SingleOperator()
    tensors = [model.input(x, Quant(0.5, -128)), model.constant(weights, Quant(0.25))]
    (y,) = model.check("FULLY_CONNECTED", tensors, Quant(float32(0.125 * 2**20 * 1.3), 3))
    assert y[0, 0] not in (-128, 127)
