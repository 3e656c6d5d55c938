"""Random layers with weights of other types: int8 layers turned into int16x8 or given weights of 9 bits."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import TransposeConv
from tests.support.linear_operators import (
    convolutions,
    depthwise_convolutions,
    matrix_products,
    random_input,
)

Layer = tuple[Operator, Array]


@st.composite
def transposed(draw: st.DrawFn) -> Layer:
    """TRANSPOSE_CONV int8 that has the weights of a convolution; phases without any tap among them."""
    op, _ = draw(convolutions(5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, (_, kh, kw, depth) = op.x, op.operand(1).shape
    source = Tensor("x", (*x.shape[:3], depth), x.dtype, x.quant)
    size = (draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    fields = {
        "stride": (draw(st.integers(1, 3)), draw(st.integers(1, 4))),
        "pad": (draw(st.integers(0, kh - 1)), draw(st.integers(0, kw - 1))),
        "activation": op.activation,  # type: ignore[attr-defined]
    }
    result = TransposeConv(inputs=[source, *op.inputs[1:]], outputs=list(op.outputs), size=size, **fields)  # type: ignore[arg-type]
    result.outputs = [Tensor("y", result.infer_shapes()[0], DType.INT8, op.y.quant)]
    return result, random_input(rng, source.shape)


@st.composite
def int16(draw: st.DrawFn, layers: st.SearchStrategy[Layer]) -> Layer:
    """The layer on int16 activations: with an int64 bias, an int32 bias or none, and more or less of the range."""
    op, x = draw(layers)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = op.y.quant.scale * draw(st.sampled_from([1.0, 0.1, 3.0])) if op.y.quant else 1.0
    op.inputs[0] = Tensor("x", op.x.shape, DType.INT16, Quantization((0.02 / 256,), (0,)))
    weights = op.operand(1)
    if weights.quant and max(weights.quant.scales) * 0.02 / 256 / (scale / 256) >= 2.0**7:
        scale = max(weights.quant.scales) * 0.02
    op.outputs = [Tensor("y", op.y.shape, DType.INT16, Quantization((float(np.float32(scale / 256)),), (0,)))]
    dtype = draw(st.sampled_from([DType.INT64, DType.INT64, DType.INT32]))
    limit = draw(st.sampled_from([1000, 2**24, 2**30, 2**40 if dtype is DType.INT64 else 2**30]))
    if op.inputs[2] is not None:
        bias = rng.integers(-limit, limit, op.y.shape[-1]).astype(dtype.numpy)
        op.inputs[2] = Tensor("b", bias.shape, dtype, None, bias)
    values = rng.integers(-(2**15), 2**15, x.shape, np.int64)
    extremes = rng.choice(np.array([-(2**15), 2**15 - 1]), x.shape)
    return op, np.where(rng.random(x.shape) < 0.1, extremes, values).astype(np.int16)


@st.composite
def nine_bits(draw: st.DrawFn, layers: st.SearchStrategy[Layer]) -> Layer:
    """The layer with uint8 weights less their zero point: int16 of a span of 256."""
    op, x = draw(layers)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    zero = draw(st.integers(0, 255) | st.sampled_from([0, 255]))
    weights = op.operand(1)
    values = rng.integers(0, 256, weights.shape) - zero
    quant = Quantization((weights.quant.scales[0],), (0,)) if weights.quant else None
    op.inputs[1] = Tensor("w", weights.shape, DType.INT16, quant, values.astype(np.int16))
    return op, x


@st.composite
def sixteen_bits(draw: st.DrawFn, layers: st.SearchStrategy[Layer]) -> Layer:
    """The layer with int16 weights, as large as sums of 32 bits let them be, and results in about the same range."""
    op, x = draw(layers)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights, axis = op.operand(1), getattr(op, "channel_axis", 0)
    taps = weights.size // weights.shape[axis]
    most = min(2**15 - 1, 2**30 // (256 * taps))
    values = rng.integers(-most, most, weights.shape, endpoint=True)
    assert weights.quant is not None
    scales = tuple(float(np.float32(scale * 127 / most)) for scale in weights.quant.scales)
    quant = Quantization(scales, weights.quant.zero_points, weights.quant.axis)
    op.inputs[1] = Tensor("w", weights.shape, DType.INT16, quant, values.astype(np.int16))
    return op, x


@st.composite
def float32(draw: st.DrawFn) -> Layer:
    """TRANSPOSE_CONV float32."""
    op, _ = draw(transposed())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights, bias = op.operand(1).shape, op.y.shape[-1:]
    op.inputs = [
        Tensor("x", op.x.shape, DType.FLOAT32),
        Tensor("w", weights, DType.FLOAT32, None, rng.normal(size=weights).astype(np.float32)),
        Tensor("b", bias, DType.FLOAT32, None, rng.normal(size=bias).astype(np.float32)) if op.inputs[2] else None,
    ]
    op.outputs = [Tensor("y", op.y.shape, DType.FLOAT32)]
    return op, rng.normal(size=op.x.shape).astype(np.float32)


LAYERS = {
    "conv_2d": convolutions(),
    "depthwise_conv_2d": depthwise_convolutions(),
    "fully_connected": matrix_products(),
    "transpose_conv": transposed(),
}
"""Int8 layers of each kind."""

FAMILIES: dict[str, st.SearchStrategy[Layer]] = {
    "transpose_conv int8": LAYERS["transpose_conv"],
    "transpose_conv float32": float32(),
    **{f"{name} int16": int16(layers) for name, layers in LAYERS.items()},
    **{f"{name} nine bits": nine_bits(layers) for name, layers in LAYERS.items()},
    **{f"{name} sixteen bits": sixteen_bits(LAYERS[name]) for name in ("conv_2d", "depthwise_conv_2d")},
}
"""A strategy of random layers per kind and type."""
