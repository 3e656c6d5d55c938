"""Random layers whose scales are powers of two and whose zero points are 0, as hypothesis strategies."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Activation, Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import Add, AveragePool2D, MaxPool2D, Mean, Mul, Pad, ResizeNearest, Sub
from tests.support.linear_operators import (
    axis_geometry,
    convolutions,
    depthwise_convolutions,
    matrix_products,
    random_input,
)

ACTIVATIONS = st.sampled_from([Activation.NONE, Activation.RELU, Activation.RELU6])
Case = tuple[Operator, list[Array]]


def power(exponent: int) -> Quantization:
    """A scale of 2^exponent."""
    return Quantization((2.0**exponent,), (0,))


def tensor(name: str, shape: tuple[int, ...], exponent: int) -> Tensor:
    return Tensor(name, shape, DType.INT8, power(exponent))


@st.composite
def weighted(draw: st.DrawFn) -> Case:
    """A convolution or matrix product with biases of 8 bits and a shift."""
    product = draw(st.booleans())
    op, x = draw(matrix_products() if product else convolutions() | depthwise_convolutions())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if getattr(op, "groups", 1) != 1:
        op.inputs[1] = Tensor("w", (*op.weights.shape[:3], op.x.shape[3]), DType.INT8, None, draw_weights(rng, op))
    of_x, of_y = draw(st.integers(-7, 0)), draw(st.integers(-7, 0))
    w = op.operand(1)
    channels = op.y.shape[-1]
    count = 1 if product or draw(st.booleans()) else channels
    out_shift = rng.integers(0, draw(st.sampled_from([3, 8, 14])) + 1, count)
    axis = None if count == 1 else 3 if op.kind == "depthwise_conv_2d" else 0
    w.quant = Quantization(tuple(2.0 ** (of_y - of_x - shift) for shift in out_shift.tolist()), (0,) * count, axis)
    op.x.quant, op.y.quant, op.activation = power(of_x), power(of_y), draw(ACTIVATIONS)
    if op.inputs[2] is not None:
        shift = rng.integers(0, 8, 1 if product else channels)
        bias = rng.integers(-128, 128, channels) << shift
        op.inputs[2] = Tensor("b", (channels,), DType.INT32, None, bias.astype(np.int32))
    return op, [x]


def draw_weights(rng: np.random.Generator, op: Operator) -> Array:
    """Of one group."""
    return rng.integers(-127, 128, (*op.operand(1).shape[:3], op.x.shape[3]), np.int8)


@st.composite
def pooled(draw: st.DrawFn) -> Case:
    """A pool, or the mean over an image."""
    kind = draw(st.sampled_from([MaxPool2D, AveragePool2D, Mean]))
    (h, kh, sh, _, ph), (w, kw, sw, _, pw) = draw(axis_geometry(pool=True)), draw(axis_geometry(pool=True))
    x = tensor("x", (draw(st.integers(1, 2)), h, w, draw(st.integers(1, 9))), draw(st.integers(-7, 0)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    op: Operator
    if kind is Mean:
        op = Mean(inputs=[x], outputs=[x], axes=(1, 2), keep_dims=draw(st.booleans()))
    else:
        fields = {"kernel": (kh, kw), "stride": (sh, sw), "pad_h": ph, "pad_w": pw, "activation": draw(ACTIVATIONS)}
        op = kind(inputs=[x], outputs=[x], **fields)
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT8, x.quant)]
    return op, [random_input(rng, x.shape)]


@st.composite
def pairs(draw: st.DrawFn) -> Case:
    """A sum, difference or product of two tensors."""
    kind = draw(st.sampled_from([Add, Sub, Mul]))
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    of_a = draw(st.integers(-7, 0))
    of_b = draw(st.integers(-7, 0)) if kind is Mul else of_a
    of_y = draw(st.integers(0, 8)) + (of_a + of_b if kind is Mul else of_a)
    a, b, y = tensor("a", shape, of_a), tensor("b", shape, of_b), tensor("y", shape, of_y)
    op = kind(inputs=[a, b], outputs=[y], activation=draw(ACTIVATIONS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return op, [random_input(rng, shape), random_input(rng, shape)]


@st.composite
def moved(draw: st.DrawFn) -> Case:
    """More pixels, or zeros around an image."""
    n, h, w, c = (draw(st.integers(1, most)) for most in (2, 5, 5, 6))
    x, rng = tensor("x", (n, h, w, c), -5), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    op: Operator
    if draw(st.booleans()):
        factor = draw(st.integers(1, 3))
        op = ResizeNearest(inputs=[x], outputs=[x], size=(h * factor, w * factor))
    else:
        around = st.tuples(st.integers(0, 3), st.integers(0, 3))
        op = Pad(inputs=[x], outputs=[x], pads=((0, 0), draw(around), draw(around), (0, 0)))
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT8, x.quant)]
    return op, [random_input(rng, x.shape)]
