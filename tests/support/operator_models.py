"""One small int8 model per supported operator: `operator_model("CONV_2D")` is its file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.function_models import MODELS as FUNCTION_MODELS
from tests.support.recurrent_models import MODELS as RECURRENT_MODELS
from tests.support.sketch import Sketch as _Model


def _conv(m: _Model) -> None:
    f, b = m.weights((8, 3, 3, 4), 0)
    options = {"padding": "SAME", "stride_w": 2, "stride_h": 2, "fused_activation_function": "RELU6"}
    m.operator("CONV_2D", [m.x(), f, b], [m.y((1, 3, 3, 8), scale=0.03, zero=-128)], **options)


def _depthwise(m: _Model) -> None:
    f, b = m.weights((1, 3, 3, 8), 3)
    options = {"padding": "VALID", "stride_w": 1, "stride_h": 1, "depth_multiplier": 2}
    m.operator("DEPTHWISE_CONV_2D", [m.x(), f, b], [m.y((1, 4, 4, 8))], **options)


def _fully_connected(m: _Model) -> None:
    f, b = m.weights((5, 16), None)
    m.operator("FULLY_CONNECTED", [m.x((1, 16)), f, b], [m.y((1, 5))], fused_activation_function="RELU")


def _transpose_conv(m: _Model) -> None:
    f, b = m.weights((8, 3, 3, 4), 0)
    shape = m.numbers(1, 12, 12, 8)
    m.operator("TRANSPOSE_CONV", [shape, f, m.x(), b], [m.y((1, 12, 12, 8))], padding="SAME", stride_h=2, stride_w=2)


def _binary(name: str, **options: Any) -> Callable[[_Model], None]:
    same = {"scale": 0.1, "zero": -5} if name in {"MAXIMUM", "MINIMUM"} else {}

    def model(m: _Model) -> None:
        m.operator(name, [m.x(), m.x((1, 1, 1, 4))], [m.y(**same)], **options)

    return model


def _unary(name: str, scale: float = 0.1, zero: int = -5, **options: Any) -> Callable[[_Model], None]:
    def model(m: _Model) -> None:
        m.operator(name, [m.x()], [m.y(scale=scale, zero=zero)], **options)

    return model


def _pool(name: str) -> Callable[[_Model], None]:
    options = {"padding": "SAME", "stride_w": 2, "stride_h": 2, "filter_width": 3, "filter_height": 3}

    def model(m: _Model) -> None:
        m.operator(name, [m.x()], [m.y((1, 3, 3, 4), scale=0.1, zero=-5)], **options)

    return model


def _move(name: str, shape: tuple[int, ...], *constants: Any, **options: Any) -> Callable[[_Model], None]:
    """An operator that moves bytes: one input, constant vectors, one output of the same scale."""

    def model(m: _Model) -> None:
        numbers = [m.numbers(*c) for c in constants]
        m.operator(name, [m.x(), *numbers], [m.y(shape, scale=0.1, zero=-5)], **options)

    return model


def _mean(m: _Model) -> None:
    m.operator("MEAN", [m.x(), m.numbers(1, 2)], [m.y((1, 4))], keep_dims=False)


def _padv2(m: _Model) -> None:
    value = m.tensor("value", (1,), "int8", 0.1, -5, data=[17])
    pads = m.numbers([[0, 0], [1, 2], [0, 1], [0, 0]])
    m.operator("PADV2", [m.x(), pads, value], [m.y((1, 9, 7, 4), scale=0.1, zero=-5)])


def _prelu(m: _Model) -> None:
    alpha = m.tensor("alpha", (1, 1, 4), "int8", 0.01, 2, data=[[[-7, 0, 5, 100]]])
    m.operator("PRELU", [m.x(), alpha], [m.y()])


def _concatenation(m: _Model) -> None:
    m.operator("CONCATENATION", [m.x(), m.x()], [m.y((1, 6, 6, 8), scale=0.1, zero=-5)], axis=3)


def _pack(m: _Model) -> None:
    m.operator("PACK", [m.x(), m.x()], [m.y((1, 2, 6, 6, 4), scale=0.1, zero=-5)], axis=1, values_count=2)


def _unpack(m: _Model) -> None:
    outputs = [m.y((1, 6, 4), scale=0.1, zero=-5) for _ in range(6)]
    m.operator("UNPACK", [m.x()], outputs, axis=1, num=6)


def _split(m: _Model) -> None:
    outputs = [m.y((1, 6, 6, 2), scale=0.1, zero=-5) for _ in range(2)]
    m.operator("SPLIT", [m.tensor("axis", (), "int32", data=3), m.x()], outputs, num_splits=2)


def _split_v(m: _Model) -> None:
    outputs = [m.y((1, rows, 6, 4), scale=0.1, zero=-5) for rows in (1, 5)]
    axis = m.tensor("axis", (), "int32", data=1)
    m.operator("SPLIT_V", [m.x(), m.numbers(1, 5), axis], outputs, num_splits=2)


def _quantize(m: _Model) -> None:
    m.operator("QUANTIZE", [m.x(dtype="float32", scale=None)], [m.y()])


def _dequantize(m: _Model) -> None:
    m.operator("DEQUANTIZE", [m.x()], [m.y(dtype="float32", scale=None)])


_PADS = [[0, 0], [1, 2], [0, 1], [0, 0]]

_MODELS: dict[str, Callable[[_Model], None]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "ADD": _binary("ADD", fused_activation_function="RELU"),
    "SUB": _binary("SUB", fused_activation_function="RELU6"),
    "MUL": _binary("MUL", fused_activation_function="RELU_N1_TO_1"),
    "MAXIMUM": _binary("MAXIMUM"),
    "MINIMUM": _binary("MINIMUM"),
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": _pool("MAX_POOL_2D"),
    "MEAN": _mean,
    "PAD": _move("PAD", (1, 9, 7, 4), [_PADS]),
    "PADV2": _padv2,
    "RESHAPE": _move("RESHAPE", (1, 144), [1, 144], new_shape=[1, 144]),
    "SQUEEZE": _move("SQUEEZE", (6, 6, 4), squeeze_dims=[0]),
    "EXPAND_DIMS": _move("EXPAND_DIMS", (1, 1, 6, 6, 4), [[1]]),
    "SOFTMAX": _unary("SOFTMAX", 1 / 256, -128, beta=1.0),
    "LOGISTIC": _unary("LOGISTIC", 1 / 256, -128),
    "TANH": _unary("TANH", 1 / 128, 0),
    "RELU": _unary("RELU", 0.05, -128),
    "RELU6": _unary("RELU6", 0.03, -128),
    "RELU_N1_TO_1": _unary("RELU_N1_TO_1", 0.01, 0),
    "LEAKY_RELU": _unary("LEAKY_RELU", 0.07, 4, alpha=0.2),
    "PRELU": _prelu,
    "HARD_SWISH": _unary("HARD_SWISH", 0.08, -100),
    "CONCATENATION": _concatenation,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "PACK": _pack,
    "UNPACK": _unpack,
    "SLICE": _move("SLICE", (1, 3, 4, 2), [0, 1, 2, 1], [1, 3, 4, 2]),
    "STRIDED_SLICE": _move(
        "STRIDED_SLICE", (3, 6, 4), [0, 1, 0, 0], [1, 6, 6, 4], [1, 2, 1, 1], shrink_axis_mask=1, end_mask=4
    ),
    "TRANSPOSE_CONV": _transpose_conv,
    "TRANSPOSE": _move("TRANSPOSE", (1, 4, 6, 6), [0, 3, 1, 2]),
    "RESIZE_NEAREST_NEIGHBOR": _move("RESIZE_NEAREST_NEIGHBOR", (1, 9, 12, 4), [9, 12]),
    "RESIZE_BILINEAR": _move("RESIZE_BILINEAR", (1, 9, 12, 4), [9, 12], half_pixel_centers=True),
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
    **FUNCTION_MODELS,
    **RECURRENT_MODELS,
}

OPERATORS = tuple(_MODELS)
"""Names of all operators that have a model here."""


def operator_model(name: str) -> bytes:
    """The file of a model whose only operator is `name`."""
    m = _Model()
    _MODELS[name](m)
    return m.build(m.inputs, m.outputs)
