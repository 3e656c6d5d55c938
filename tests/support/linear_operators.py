"""Random layers with weights, as hypothesis strategies: the operator and its input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Activation, Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.ir.ops.linear import window_out

ACTIVATIONS = st.sampled_from(list(Activation))


def _activation(name: str, shape: tuple[int, ...], scale: float, zero: int) -> Tensor:
    return Tensor(name, shape, DType.INT8, Quantization((float(np.float32(scale)),), (zero,)))


def random_input(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Bytes of the whole range, with runs of the extremes."""
    x = rng.integers(-128, 128, shape, np.int8)
    return np.where(rng.random(shape) < 0.1, rng.choice(np.array([-128, 127], np.int8), shape), x).astype(np.int8)


def _tensors(
    draw: st.DrawFn, rng: np.random.Generator, x_shape: tuple[int, ...], w_shape: tuple[int, ...], channel_axis: int
) -> tuple[list[Tensor | None], Quantization]:
    """x, weights and bias with scales that use the output's range, and the output's quantisation."""
    channels, taps = w_shape[channel_axis], math.prod(w_shape) // w_shape[channel_axis]
    weights = rng.integers(-127, 128, w_shape, np.int8)
    if draw(st.booleans()):
        weights = (weights * rng.random(w_shape) ** 3).astype(np.int8)
    x = _activation("x", x_shape, 0.02, draw(st.integers(-128, 127)))
    # Factors around what makes good use of int8, some far smaller, some above 1.
    reach = draw(st.sampled_from([1.0, 1.0, 1.0, 0.05, 30.0, 3000.0, 1e-6]))
    per_channel = draw(st.booleans())
    factors = reach / (40 * math.sqrt(taps)) * (rng.random(channels if per_channel else 1) + 0.3)
    y_scale = 0.05
    scales = tuple(float(np.float32(f * y_scale / 0.02)) for f in factors)
    axis = channel_axis if per_channel else None
    quant = Quantization(scales, (0,) * len(scales), axis)
    spread = draw(st.sampled_from([0, 1000, 50_000, 2**30]))
    bias = rng.integers(-spread, spread + 1, channels).astype(np.int32)
    b = Tensor("b", (channels,), DType.INT32, Quantization((1.0,), (0,)), bias) if draw(st.booleans()) else None
    w = Tensor("w", w_shape, DType.INT8, quant, weights)
    return [x, w, b], Quantization((y_scale,), (draw(st.integers(-128, 127)),))


def _finish(op: Operator, quant: Quantization) -> Operator:
    op.outputs[0] = Tensor("y", op.infer_shapes()[0], DType.INT8, quant)
    return op


@st.composite
def axis_geometry(draw: st.DrawFn, most: int = 7, *, pool: bool = False) -> tuple[int, int, int, int, tuple[int, int]]:
    """As `_axis`; for a pool without dilation, every window touches the input."""
    if not pool:
        return _axis(draw, most)
    size, kernel = draw(st.integers(1, most)), draw(st.integers(1, 4))
    before, after = draw(st.integers(0, kernel - 1)), draw(st.integers(0, kernel - 1))
    kernel = min(kernel, size)
    pads = min(before, kernel - 1), min(after, kernel - 1)
    return size, kernel, draw(st.integers(1, 3)), 1, pads


def _axis(draw: st.DrawFn, most: int) -> tuple[int, int, int, int, tuple[int, int]]:
    """Size, kernel, stride, dilation and padding along one axis, with at least one output."""
    kernel, stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    size = draw(st.integers(1, most))
    pads = draw(st.integers(0, kernel)), draw(st.integers(0, kernel))
    short = (kernel - 1) * dilation + 1 - size - sum(pads)
    size += max(short, 0)
    assert window_out(size, kernel, stride, dilation, pads) >= 1
    return size, kernel, stride, dilation, pads


def four_bits(case: tuple[Operator, Array]) -> tuple[Operator, Array]:
    """The same layer by weights in [-8, 7], whose scales are sixteen times as large."""
    op, x = case
    w = op.inputs[1]
    assert w is not None
    assert w.quant is not None
    quant = replace(w.quant, scales=tuple(16 * scale for scale in w.quant.scales))
    op.inputs[1] = Tensor(w.name, w.shape, w.dtype, quant, w.value >> 4)
    return op, x


@st.composite
def convolutions(draw: st.DrawFn, most: int = 7) -> tuple[Operator, Array]:
    """CONV_2D, grouped and not; a third of them 1x1."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    (h, kh, sh, dh, ph), (w, kw, sw, dw, pw) = _axis(draw, most), _axis(draw, most)
    if draw(st.integers(0, 2)) == 0:
        kh = kw = dh = dw = 1
        ph = pw = (0, 0)
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    c, o = groups * draw(st.integers(1, 9)), groups * draw(st.integers(1, 9))
    inputs, quant = _tensors(draw, rng, (draw(st.integers(1, 2)), h, w, c), (o, kh, kw, c // groups), 0)
    op = Conv2D(
        inputs=inputs,
        outputs=[inputs[0]],  # type: ignore[list-item]
        activation=draw(ACTIVATIONS),
        stride=(sh, sw),
        dilation=(dh, dw),
        pad_h=ph,
        pad_w=pw,
    )
    return _finish(op, quant), random_input(rng, op.x.shape)


@st.composite
def depthwise_convolutions(draw: st.DrawFn, most: int = 7) -> tuple[Operator, Array]:
    """DEPTHWISE_CONV_2D, half of them with a channel multiplier of 1."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    (h, kh, sh, dh, ph), (w, kw, sw, dw, pw) = _axis(draw, most), _axis(draw, most)
    c, m = draw(st.integers(1, 11)), draw(st.sampled_from([1, 1, 1, 2, 5]))
    inputs, quant = _tensors(draw, rng, (draw(st.integers(1, 2)), h, w, c), (1, kh, kw, c * m), 3)
    op = DepthwiseConv2D(
        inputs=inputs,
        outputs=[inputs[0]],  # type: ignore[list-item]
        activation=draw(ACTIVATIONS),
        stride=(sh, sw),
        dilation=(dh, dw),
        pad_h=ph,
        pad_w=pw,
    )
    return _finish(op, quant), random_input(rng, op.x.shape)


@st.composite
def matrix_products(draw: st.DrawFn) -> tuple[Operator, Array]:
    """FULLY_CONNECTED with any number of rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, k, o = draw(st.integers(1, 5)), draw(st.integers(1, 40)), draw(st.integers(1, 13))
    inputs, quant = _tensors(draw, rng, (rows, k), (o, k), 0)
    op = FullyConnected(inputs=inputs, outputs=[inputs[0]], activation=draw(ACTIVATIONS), keep_dims=draw(st.booleans()))  # type: ignore[list-item]
    return _finish(op, quant), random_input(rng, op.x.shape)
