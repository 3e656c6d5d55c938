"""Winograd convolutions: exact at the ends of the ranges, offered only where that is proved and the flash allows it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends import load_backends
from codegen.backends.armv7em import winograd
from codegen.backends.candidate import Core
from codegen.ir import Activation, Array, DType, Graph, Quantization, Tensor
from codegen.ir.ops import Conv2D
from codegen.schedule import Goal, schedule
from tests.support.kernel_harness import check_candidate

M4 = Core("cortex-m4", frozenset({"dsp", "fpu", "mul64"}))
LIMIT = (2**31 - 1) // winograd.SCALE
"""Of an accumulator."""


def convolution(
    shape: tuple[int, ...],
    weights: Array,
    zero: int = 0,
    *,
    lines: int = 3,
    bias: Array | int = 0,
    scale: float | None = None,
    **attributes: object,
) -> Conv2D:
    """A convolution; unless there is a scale from accumulators to outputs, one that uses the range of int8."""
    out_c = len(weights)
    factor = (scale or 0.004 / np.sqrt(weights[0].size)) * 0.05 / 0.02
    quant = Quantization((float(np.float32(factor)),), (0,))
    x = Tensor("x", shape, DType.INT8, Quantization((0.02,), (zero,)))
    b = Tensor("b", (out_c,), DType.INT32, Quantization((1.0,), (0,)), np.broadcast_to(np.int32(bias), (out_c,)).copy())
    w = Tensor("w", weights.shape, DType.INT8, quant, weights)
    op = Conv2D(inputs=[x, w, b], outputs=[], pad_w=(1, 1), pad_h=(lines // 2,) * 2, **attributes)  # type: ignore[arg-type]
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT8, Quantization((0.05,), (-128 if scale is None else 0,)))]
    return op


WEIGHTS = ("random", "lowest", "highest", "in turns", "signs")


def weights_of(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Random ones, and those that transform to the largest numbers."""
    ends = np.array([-128, 127], np.int8)
    if kind == "random":
        return rng.integers(-128, 128, shape, np.int8)
    if kind == "signs":
        return rng.choice(ends, shape)
    return ends[{"lowest": 0, "highest": 1, "in turns": np.indices(shape).sum(axis=0) % 2}[kind] + np.zeros(shape, int)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Conv2D, Array]:
    """A convolution that is taken, and its input."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lines, stride_h, dilation_h = (
        draw(st.sampled_from([1, 2, 3, 3, 5])),
        draw(st.integers(1, 2)),
        draw(st.integers(1, 2)),
    )
    height = max(draw(st.integers(1, 6)), dilation_h * (lines - 1) + 1 - lines // 2 * 2)
    shape = draw(st.integers(1, 2)), height, draw(st.integers(4, 11)), 4 * draw(st.integers(1, 6))
    w_shape = draw(st.integers(1, 18)), lines, 3, shape[3]
    op = convolution(
        shape,
        weights_of(draw(st.sampled_from(WEIGHTS)), w_shape, rng),
        draw(st.sampled_from([-128, -128, -5, 0, 127])),
        lines=lines,
        bias=rng.integers(-5000, 5001, w_shape[0]),
        activation=draw(st.sampled_from(list(Activation))),
        stride=(stride_h, 1),
        dilation=(dilation_h, 1),
    )
    ends = rng.random(shape) < draw(st.sampled_from([0.1, 0.5, 1]))
    x = np.where(ends, rng.choice([-128, 127], shape), rng.integers(-128, 128, shape))
    return op, x.astype(np.int8)


@settings(max_examples=80, deadline=None)
@given(case=cases())
def test_random_layers(case: tuple[Conv2D, Array]) -> None:
    op, x = case
    offers = winograd.winograd(op)
    assert offers
    for offer in offers:
        check_candidate(offer, [x])


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_last_accumulator_that_fits_is_exact_and_the_next_is_refused(sign: int) -> None:
    """Inputs of one value reach the largest accumulator, bias + 36 * 100 * 127, or its negative."""
    weights = np.full((8, 3, 3, 4), sign * 100, np.int8)
    bias, scale = sign * (LIMIT - 36 * 100 * 127), 100 / LIMIT
    op = convolution((1, 4, 8, 4), weights, zero=0, bias=bias, scale=scale)
    offers = winograd.winograd(op)
    assert offers
    for offer in offers:
        for value in (-128, 127):
            check_candidate(offer, [np.full(op.x.shape, value, np.int8)])
    assert not winograd.winograd(convolution((1, 4, 8, 4), weights, zero=0, bias=bias + 2 * sign, scale=scale))


def test_what_it_does_not_take() -> None:
    w = np.ones((8, 3, 3, 4), np.int8)
    assert winograd.winograd(convolution((1, 4, 8, 4), w))
    assert not winograd.winograd(convolution((1, 4, 8, 4), w, stride=(1, 2)))
    assert not winograd.winograd(convolution((1, 4, 8, 4), w, dilation=(1, 2)))
    assert not winograd.winograd(convolution((1, 4, 3, 4), w))
    assert not winograd.winograd(convolution((1, 4, 8, 3), w[..., :3]))
    assert not winograd.winograd(convolution((1, 4, 8, 4), w[:, :, :2]))


@pytest.mark.parametrize(
    ("goal", "spent"),
    [
        (Goal("speed"), True),
        (Goal(), True),
        (Goal(flash_bytes=100_000), True),
        (Goal(flash_bytes=60_000), False),
        (Goal("speed", flash_bytes=60_000), True),
        (Goal("speed", flash_bytes=40_000), False),
        (Goal("flash"), False),
    ],
)
def test_the_goal_says_whether_the_flash_is_spent(goal: Goal, *, spent: bool) -> None:
    """Weights of 9 kB become 37 kB."""
    weights = np.random.default_rng(3).integers(-127, 128, (32, 3, 3, 32), np.int8)
    op = convolution((1, 16, 16, 32), weights)
    program = schedule(Graph("net", [op.x], [op.y], [op]), load_backends("armv7em"), M4, goal)
    assert (program.layers[0].calls[0].call.kernel == "genc_conv_winograd_s8_dsp") is spent
