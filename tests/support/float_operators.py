"""Random float32 operators of every family, with values for their activations, as hypothesis strategies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Array, DType, Operator, Quantization, Tensor, ops
from tests.support.linear_operators import axis_geometry
from tests.support.plain_operators import ACTIVATIONS, Case, Draw, Shape, any_shapes, images, repeated, shapes

Values = Callable[[Sequence[int]], Array]


@st.composite
def floats(draw: Draw, spread: float = 1.0) -> Values:
    """A source of arrays: normal numbers, a tenth of them exactly zero."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def values(shape: Sequence[int]) -> Array:
        normal = rng.normal(0, spread, tuple(shape))
        return np.where(rng.random(tuple(shape)) < 0.1, 0.0, normal).astype(np.float32)

    return values


def activation(shape: Sequence[int]) -> Tensor:
    """A float32 tensor known at run time."""
    return Tensor("x", tuple(shape), DType.FLOAT32)


def constant(value: Array) -> Tensor:
    """A float32 constant."""
    return Tensor("constant", value.shape, DType.FLOAT32, None, value)


def case(values: Values, kind: type[Operator], inputs: Sequence[Tensor | None], **attributes: Any) -> Case:
    """The operator with an output of the inferred shape, and values for its activations."""
    op = kind(inputs=list(inputs), outputs=[], name="layer", **attributes)
    op.outputs = [Tensor("y", shape, DType.FLOAT32) for shape in op.infer_shapes()]
    return op, [values(t.shape) for t in op.activations]


@st.composite
def weights(draw: Draw, shape: Shape, channels: int) -> list[Tensor | None]:
    """Weights whose products with normal numbers add up to about 1, and perhaps a bias."""
    values = draw(floats(1 / math.sqrt(math.prod(shape) / channels)))
    return [constant(values(shape)), draw(st.sampled_from([None, constant(draw(floats())((channels,)))]))]


@st.composite
def weights_of_some_type(draw: Draw, shape: Shape, axis: int) -> list[Tensor | None]:
    """Weights and bias, float32 or hybrid, with one scale or one per channel."""
    channels = shape[axis]
    plain, bias = draw(weights(shape, channels))
    kind = draw(st.sampled_from(["float", "float", "per tensor", "per channel"]))
    if kind == "float":
        return [plain, bias]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = channels if kind == "per channel" else 1
    reach = 60 * math.sqrt(math.prod(shape) / channels)
    scales = tuple(float(np.float32(v)) for v in (rng.random(count) + 0.1) / reach)
    quant = Quantization(scales, (0,) * count, axis if kind == "per channel" else None)
    return [Tensor("w", shape, DType.INT8, quant, rng.integers(-127, 128, shape, np.int8)), bias]


@st.composite
def convolution(draw: Draw) -> Case:
    """CONV_2D, grouped and not."""
    (h, kh, sh, dh, ph), (w, kw, sw, dw, pw) = draw(axis_geometry()), draw(axis_geometry())
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    c, o = groups * draw(st.integers(1, 9)), groups * draw(st.integers(1, 9))
    parts = draw(weights_of_some_type((o, kh, kw, c // groups), 0))
    fields = {"stride": (sh, sw), "dilation": (dh, dw), "pad_h": ph, "pad_w": pw, "activation": draw(ACTIVATIONS)}
    x = activation((draw(st.integers(1, 2)), h, w, c))
    return case(draw(floats()), ops.Conv2D, [x, *parts], **fields)


@st.composite
def depthwise(draw: Draw) -> Case:
    """DEPTHWISE_CONV_2D, half of them with a channel multiplier of 1."""
    (h, kh, sh, dh, ph), (w, kw, sw, dw, pw) = draw(axis_geometry()), draw(axis_geometry())
    c, m = draw(st.integers(1, 11)), draw(st.sampled_from([1, 1, 2, 5]))
    parts = draw(weights_of_some_type((1, kh, kw, c * m), 3))
    fields = {"stride": (sh, sw), "dilation": (dh, dw), "pad_h": ph, "pad_w": pw, "activation": draw(ACTIVATIONS)}
    x = activation((draw(st.integers(1, 2)), h, w, c))
    return case(draw(floats()), ops.DepthwiseConv2D, [x, *parts], **fields)


@st.composite
def fully_connected(draw: Draw) -> Case:
    """FULLY_CONNECTED with any number of rows."""
    rows, k, o = draw(st.integers(1, 9)), draw(st.integers(1, 40)), draw(st.integers(1, 13))
    parts = draw(weights_of_some_type((o, k), 0))
    flags = {name: draw(st.booleans()) for name in ("keep_dims", "asymmetric_inputs")}
    x = activation((rows, k))
    return case(draw(floats()), ops.FullyConnected, [x, *parts], activation=draw(ACTIVATIONS), **flags)


LINEAR = {"conv_2d": convolution(), "depthwise_conv_2d": depthwise(), "fully_connected": fully_connected()}


@st.composite
def binary(draw: Draw, kind: type[ops.Binary]) -> Case:
    """Two operands, broadcast, one of them perhaps constant."""
    values = draw(floats(3.0))
    full = draw(images() | shapes(1, 6, 4))
    pair = [full, draw(repeated(full))][:: draw(st.sampled_from([1, -1]))]
    known = draw(st.sampled_from([None, None, 0, 1]))
    operands = [constant(values(s)) if i == known else activation(s) for i, s in enumerate(pair)]
    fields = {} if issubclass(kind, ops.Maximum | ops.Minimum) else {"activation": draw(ACTIVATIONS)}
    return case(values, kind, operands, **fields)


@st.composite
def unary(draw: Draw, kind: type[ops.Unary]) -> Case:
    """A function of one operand, some values far out."""
    fields = {"alpha": draw(st.floats(-2, 2))} if kind is ops.LeakyRelu else {}
    return case(draw(floats(draw(st.sampled_from([3.0, 60.0])))), kind, [activation(draw(any_shapes()))], **fields)


@st.composite
def prelu(draw: Draw) -> Case:
    """Slopes that broadcast."""
    values, shape = draw(floats()), draw(any_shapes())
    return case(values, ops.PRelu, [activation(shape), constant(values(draw(repeated(shape))))])


@st.composite
def pool(draw: Draw, kind: type[ops.Pool2D]) -> Case:
    """Windows that each touch the input."""
    (h, kh, sh, _, ph), (w, kw, sw, _, pw) = draw(axis_geometry(pool=True)), draw(axis_geometry(pool=True))
    x = activation((draw(st.integers(1, 2)), h, w, draw(st.integers(1, 9))))
    fields = {"kernel": (kh, kw), "stride": (sh, sw), "pad_h": ph, "pad_w": pw, "activation": draw(ACTIVATIONS)}
    return case(draw(floats(4.0)), kind, [x], **fields)


@st.composite
def mean(draw: Draw) -> Case:
    """Any set of axes."""
    shape = draw(any_shapes())
    axes = tuple(sorted(draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))))
    return case(draw(floats()), ops.Mean, [activation(shape)], axes=axes, keep_dims=draw(st.booleans()))


@st.composite
def softmax(draw: Draw) -> Case:
    """Any depth."""
    shape = (*draw(shapes(0, 3, 4)), draw(st.integers(1, 12) | st.integers(1, 200)))
    spread = draw(st.sampled_from([1.0, 40.0]))
    return case(
        draw(floats(spread)), ops.Softmax, [activation(shape)], beta=draw(st.sampled_from([1.0, 1.0, 0.3, 4.0]))
    )


@st.composite
def resize(draw: Draw, kind: type[ops.Resize]) -> Case:
    """Up and down."""
    align, half = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    fields = {"size": (draw(st.integers(1, 25)), draw(st.integers(1, 25)))}
    x = activation(draw(images()))
    return case(draw(floats()), kind, [x], align_corners=align, half_pixel_centers=half, **fields)


PLAIN: dict[str, st.SearchStrategy[Case]] = {
    **{kind.kind: binary(kind) for kind in (ops.Add, ops.Sub, ops.Mul, ops.Maximum, ops.Minimum)},
    **{
        kind.kind: unary(kind)
        for kind in (ops.Relu, ops.Relu6, ops.ReluN1To1, ops.LeakyRelu, ops.Logistic, ops.Tanh, ops.HardSwish)
    },
    "prelu": prelu(),
    "average_pool_2d": pool(ops.AveragePool2D),
    "max_pool_2d": pool(ops.MaxPool2D),
    "mean": mean(),
    "softmax": softmax(),
    "resize_nearest": resize(ops.ResizeNearest),
    "resize_bilinear": resize(ops.ResizeBilinear),
}

FAMILIES = {**LINEAR, **PLAIN}
"""A strategy of random cases per operator."""
