"""The portable twins of the Helium kernels in every way the contract allows; emulators run the assembly itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.mve import Mve, linear
from codegen.backends.portable import linear as portable
from codegen.ir import DType, Quantization, Tensor, ops
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products
from tests.support.plain_operators import binary, lookup, mean, pool, quantize, quantize_float, softmax, unary
from tests.support.recurrent_operators import lstms
from tests.support.typed_layers import int16, nine_bits

MVE, M55 = Mve(), Core("cortex-m55", frozenset({"mve"}))

FAMILIES: dict[str, st.SearchStrategy[Any]] = {
    "conv_2d": convolutions(),
    "depthwise_conv_2d": depthwise_convolutions(),
    "fully_connected": matrix_products(),
    "weights of nine bits": nine_bits(convolutions() | depthwise_convolutions() | matrix_products()),
    "conv_2d int16": int16(convolutions() | depthwise_convolutions()),
    "fully_connected int16": int16(matrix_products()),
    "sum": binary(ops.Add) | binary(ops.Sub),
    "product": binary(ops.Mul),
    "average_pool_2d": pool(ops.AveragePool2D),
    "max_pool_2d": pool(ops.MaxPool2D),
    "mean": mean(),
    "softmax": softmax(),
    "lookup": unary() | lookup(),
    "quantize": quantize_float() | quantize(),
    "lstm": lstms(DType.INT8),
}
"""Operators with a value, or values, for their activations."""


def check_layer(data: st.DataObject, family: str) -> None:
    op, values = data.draw(FAMILIES[family])
    for candidate in MVE.candidates(op, M55):
        check_candidate(candidate, values if isinstance(values, list) else [values])


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    check_layer(data, family)


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=1000, deadline=None)
@given(data=st.data())
def test_many_random_layers(data: st.DataObject, family: str) -> None:
    check_layer(data, family)


def test_a_result_beyond_int32_is_left_to_the_portable_kernel() -> None:
    quant = Quantization((106.8,), (0,))
    x = Tensor("x", (1, 1), DType.INT8, Quantization((0.02,), (0,)))
    w = Tensor("w", (1, 1), DType.INT8, quant, np.array([[-33]], np.int8))
    b = Tensor("b", (1,), DType.INT32, None, np.array([-985751852], np.int32))
    y = Tensor("y", (1, 1), DType.INT8, Quantization((0.05,), (0,)))
    op = ops.FullyConnected(inputs=[x, w, b], outputs=[y])
    assert linear.fully_connected(op) == []
    (candidate,) = portable.fully_connected(op, M55)
    check_candidate(candidate, [np.array([[1]], np.int8)])
