"""Kernels of layers with weights against codegen.reference, called in every way the contract allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import linear
from codegen.ir import Array, Operator
from codegen.reference import evaluate
from codegen.reference.parameters import LinearParams
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products

Layer = tuple[Operator, Array]
CORES = [Core(name) for name in ("cortex-m4", "cortex-m0plus", "rv32imc", "rv64gc", "xtensa-lx6")]
quick = settings(max_examples=60, deadline=None)
long = settings(max_examples=1500, deadline=None)

FAMILIES = {
    "conv_2d": (convolutions(), linear.conv_2d),
    "depthwise_conv_2d": (depthwise_convolutions(), linear.depthwise_conv_2d),
    "fully_connected": (matrix_products(), linear.fully_connected),
}


def check_layer(data: st.DataObject, family: str) -> None:
    strategy, builder = FAMILIES[family]
    op, x = data.draw(strategy)
    candidates = [c for core in CORES for c in builder(op, core)]
    for candidate in {c.calls[0].kernel: c for c in candidates}.values():
        check_candidate(candidate, [x])


@pytest.mark.parametrize("family", FAMILIES)
@quick
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    check_layer(data, family)


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
@long
@given(data=st.data())
def test_many_random_layers(data: st.DataObject, family: str) -> None:
    check_layer(data, family)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_wrong_weight_is_seen(data: st.DataObject, family: str) -> None:
    strategy, builder = FAMILIES[family]
    op, x = data.draw(strategy)
    candidate = builder(op, CORES[0])[0]
    want = evaluate(op, [x, *(None if t is None else t.data for t in op.inputs[1:])])
    with pytest.raises(AssertionError, match="bytes differ"):
        check_candidate(candidate, [x], [np.asarray(w) ^ 1 for w in want])


def test_constant_channels_become_weights_of_zero() -> None:
    weights = np.full((2, 9), 3, np.int8)
    params = LinearParams(
        bias=np.array([2**30, 0], np.int64),
        multiplier=np.array([2**30, 2**30], np.int32),
        shift=np.array([0, -5], np.int32),
        x_zero=-128,
        y_zero=-128,
        low=-128,
        high=127,
        single_rounding=False,
    )
    channels = linear.channels_of(weights, params)
    assert not channels.weights[0].any()
    assert np.array_equal(channels.weights[1], weights[1])
    bias, multiplier, add, shift = (int(v) for v in linear.channel_table(channels)[0])
    high = (bias * multiplier + 2**30) >> 31
    assert min((high + (high >> 31) + add) >> shift, 127) == 127
