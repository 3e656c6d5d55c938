"""The C twins of the DSP kernels against codegen.reference, called in every way the contract allows.

The assembly is held against the same golden data in emulators: tests/models.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codegen.backends.armv7em import Armv7em, linear_s16, pairs, wide
from codegen.backends.candidate import Core
from codegen.backends.portable import linear
from codegen.ir import Array, DType, Quantization, Tensor, ops
from codegen.reference.parameters import LinearParams
from codegen.schedule.overlap import works_in_place
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products
from tests.support.plain_operators import ACTIVATIONS, Case, finish, images, pool, quants, shapes, tensor, with_values
from tests.support.recurrent_operators import lstms, svdfs
from tests.support.typed_layers import int16


@st.composite
def pairs_of_one_shape(draw: st.DrawFn, kind: type[ops.Binary]) -> Case:
    """Two operands that need no broadcasting, with scales as networks have them."""
    shape = draw(images() | shapes(1, 3, 40))
    x, other = (tensor(shape, draw(quants())) for _ in range(2))
    assert x.quant
    assert other.quant
    real = x.quant.scale * other.quant.scale if kind is ops.Mul else x.quant.scale + other.quant.scale
    scale = real * 2.0 ** draw(st.floats(-1, 3) if kind is not ops.Mul else st.floats(3, 10))
    y = Quantization((float(np.float32(scale)),), (draw(st.integers(-128, 127)),))
    return draw(with_values(finish(kind, [x, other], y, activation=draw(ACTIVATIONS))))


M4 = Core("cortex-m4", frozenset({"dsp", "fpu", "mul64"}))
FAMILIES = {
    "conv_2d": convolutions(),
    "conv_2d s16": int16(convolutions()).filter(lambda case: linear_s16.conv_2d(case[0])),
    "depthwise_conv_2d": depthwise_convolutions(),
    "fully_connected": matrix_products(),
    "lstm": lstms(DType.INT8, plain=True),
    "svdf s8": svdfs(DType.INT8, DType.INT8),
    "svdf s16": svdfs(DType.INT8, DType.INT16),
    "add": pairs_of_one_shape(ops.Add),
    "sub": pairs_of_one_shape(ops.Sub),
    "mul": pairs_of_one_shape(ops.Mul),
    "max_pool_2d": pool(ops.MaxPool2D),
}


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    op, x = data.draw(FAMILIES[family])
    candidates = Armv7em().candidates(op, M4)
    assume(candidates)
    for candidate in candidates:
        check_candidate(candidate, x if isinstance(x, list) else [x])


@given(data=st.data())
def test_a_core_without_the_instructions_gets_no_offer(data: st.DataObject) -> None:
    op, _ = data.draw(FAMILIES["conv_2d"])
    assert Armv7em().candidates(op, Core("cortex-m0plus")) == []


@pytest.mark.parametrize(
    ("x_shape", "kernel"),
    [((1, 28, 1, 128), (5, 1)), ((1, 12, 9, 67), (3, 3)), ((1, 6, 7, 64), (1, 2)), ((2, 9, 5, 66), (3, 3))],
)
def test_depthwise_convolutions_lie_over_what_they_read(x_shape: tuple[int, ...], kernel: tuple[int, int]) -> None:
    """Without padding, the output is smaller; of several images it would lie over other channels."""
    rng = np.random.default_rng(7)
    quant, channels = Quantization((0.02,), (3,)), x_shape[3]
    w_shape = 1, *kernel, channels
    weights = Tensor("w", w_shape, DType.INT8, Quantization((0.01,), (0,)), rng.integers(-127, 128, w_shape, np.int8))
    bias = Tensor("b", (channels,), DType.INT32, None, rng.integers(-1000, 1000, channels, np.int32))
    inputs = [tensor(x_shape, quant), weights, bias]
    op = finish(ops.DepthwiseConv2D, inputs, quant, stride=(1, 1), dilation=(1, 1), pad_h=(0, 0), pad_w=(0, 0))
    over = [c for c in Armv7em().candidates(op, M4) if works_in_place(c.calls[0], 0, 0)]
    kernels = ["genc_depthwise_images_s8_dsp"] * (kernel == (3, 3)) + ["genc_depthwise_wide_images_s8_dsp"]
    assert [c.calls[0].kernel for c in over] == kernels * (x_shape[0] == 1)
    for candidate in over:
        check_candidate(candidate, [rng.integers(-128, 128, x_shape, np.int8)])


SAME = st.sampled_from([(1, 1), (0, 2), (2, 0)])
"""Pads with which a window of three gives as many outputs as there are inputs."""


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 27), st.integers(1, 9), st.integers(1, 11), SAME, SAME, ACTIVATIONS, st.integers(0, 2**32 - 1))
def test_depthwise_convolutions_keep_rows(  # noqa: PLR0917  # the numbers of a layer
    height: int, width: int, channels: int, pad_h: tuple[int, int], pad_w: tuple[int, int], activation: str, seed: int
) -> None:
    """The output over the input, as far on as the rows below allow, whatever the blocks."""
    rng = np.random.default_rng(seed)
    x_shape, w_shape = (1, height, width, channels), (1, 3, 3, channels)
    weights = Tensor("w", w_shape, DType.INT8, Quantization((0.01,), (0,)), rng.integers(-127, 128, w_shape, np.int8))
    bias = Tensor("b", (channels,), DType.INT32, None, rng.integers(-1000, 1000, channels, np.int32))
    inputs = [tensor(x_shape, Quantization((0.02,), (3,))), weights, bias]
    geometry = {"stride": (1, 1), "dilation": (1, 1), "pad_h": pad_h, "pad_w": pad_w, "activation": activation}
    op = finish(ops.DepthwiseConv2D, inputs, Quantization((0.05,), (-7,)), **geometry)
    keeping = [c for c in Armv7em().candidates(op, M4) if c.calls[0].kept_bytes]
    assert bool(keeping) is (pad_h[1] <= 1)
    for candidate in keeping:
        assert works_in_place(candidate.calls[0], 0, 0)
        assert candidate.calls[0].lag == pad_h[1]
        check_candidate(candidate, [rng.integers(-128, 128, x_shape, np.int8)])


WIDE = [
    ((7, 7), (1, 1), (1, 1), (3, 3), (2, 5, 6, 5)),
    ((8, 8), (2, 2), (1, 1), (3, 4), (1, 11, 9, 4)),
    ((5, 6), (3, 3), (2, 1), (5, 1), (1, 12, 14, 3)),
    ((3, 11), (2, 1), (1, 1), (1, 5), (1, 5, 12, 9)),
    ((20, 1), (2, 1), (1, 3), (6, 0), (2, 23, 3, 6)),
    ((1, 17), (1, 1), (3, 1), (0, 8), (1, 2, 19, 4)),
    ((2, 3), (1, 1), (1, 1), (3, 3), (1, 2, 2, 5)),
]
"""kernel, stride, dilation, pads along both axes, input"""


@pytest.mark.parametrize("case", WIDE, ids=str)
@pytest.mark.parametrize("extreme", [-128, 127])
def test_depthwise_sums_reach_their_limits(case: tuple[tuple[int, ...], ...], extreme: int) -> None:
    """Inputs and weights at the ends of int8, and random ones."""
    kernel, stride, dilation, pads, x_shape = case
    rng = np.random.default_rng(11)
    quant, channels = Quantization((0.02,), (-1 - extreme,)), x_shape[3]
    w_shape = 1, *kernel, channels
    values = rng.integers(-127, 128, w_shape, np.int8)
    values[..., 0], values[..., 1] = 127, -128
    factor = 0.05 / (60 * 127 * np.prod(kernel))
    weights = Tensor("w", w_shape, DType.INT8, Quantization((float(np.float32(factor / 0.02)),), (0,)), values)
    bias = Tensor("b", (channels,), DType.INT32, None, rng.integers(-1000, 1000, channels, np.int32))
    inputs = [tensor(x_shape, quant), weights, bias]
    fields = {"stride": stride, "dilation": dilation, "pad_h": (pads[0],) * 2, "pad_w": (pads[1],) * 2}
    op = finish(ops.DepthwiseConv2D, inputs, Quantization((0.05,), (0,)), **fields)
    offers = [c for c in Armv7em().candidates(op, M4) if "wide" in c.calls[0].kernel]
    assert offers
    for x in (np.full(x_shape, extreme, np.int8), rng.integers(-128, 128, x_shape, np.int8)):
        for candidate in offers:
            check_candidate(candidate, [x])


def test_sums_of_a_channel_that_span_more_than_a_digit() -> None:
    params = channels_of(np.zeros((1, 81), np.int8), np.zeros(1)).params
    fits = [wide.fits_digits(linear.channels_of(np.full((1, taps), 127, np.int8), params)) for taps in (64, 65)]
    assert fits == [True, False]


def channels_of(weights: Array, bias: Array) -> linear.Channels:
    count = len(weights)
    params = LinearParams(
        bias=bias.astype(np.int64),
        multiplier=np.full(count, 2**30, np.int32),
        shift=np.full(count, -8, np.int32),
        x_zero=-128,
        y_zero=-128,
        low=-128,
        high=127,
        single_rounding=False,
    )
    return linear.channels_of(weights, params)


def test_channels_that_cannot_be_the_second_of_a_pair_stand_alone() -> None:
    weights = np.ones((7, 4), np.int8)
    weights[1, 1] = -128
    c = channels_of(weights, np.zeros(7))
    c = dataclasses.replace(c, high=np.where(np.arange(7) == 6, pairs.B_LIMIT, c.high))
    packed = pairs.pair_channels(c)
    assert (packed.constants[:, 5] >> 8).tolist() == [1, 2, 2, 1, 1]
    assert (packed.pairs, packed.alone) == (4, 1)


def test_int16_layers_without_a_proof_are_refused() -> None:
    """Weights whose sum is 2**16 or a bias that leaves int32 with them; one channel has no pair."""

    def convolution(weights: Array, bias: int) -> ops.Conv2D:
        x = Tensor("x", (1, 5, 1, weights.shape[3]), DType.INT16, Quantization((0.001,), (0,)))
        w = Tensor("w", weights.shape, DType.INT8, Quantization((0.01,), (0,)), weights)
        b = Tensor("b", (len(weights),), DType.INT64, None, np.full(len(weights), bias))
        op = ops.Conv2D(inputs=[x, w, b], outputs=[])
        op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT16, Quantization((0.01,), (0,)))]
        return op

    most = np.full((2, 1, 1, 512), 127, np.int8)  # 512 * 127 * 2**15 = 2**31 - 2**24
    assert linear_s16.conv_2d(convolution(most, 2**24 - 1))
    assert not linear_s16.conv_2d(convolution(most, 2**24))
    assert not linear_s16.conv_2d(convolution(np.full((2, 1, 1, 512), -128, np.int8), 0))
    assert not linear_s16.conv_2d(convolution(most[:1], 0))
