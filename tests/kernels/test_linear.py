"""Kernels of layers with weights against codegen.reference, called in every way the contract allows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import linear
from codegen.ir import Array, Operator
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
