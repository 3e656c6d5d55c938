"""The portable twins of the Helium kernels in every way the contract allows; emulators run the assembly itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.mve import elementwise, linear
from codegen.ir import ops
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products
from tests.support.plain_operators import binary

FAMILIES = {
    "conv_2d": (convolutions(), linear.conv_2d),
    "depthwise_conv_2d": (depthwise_convolutions(), linear.depthwise_conv_2d),
    "fully_connected": (matrix_products(), linear.fully_connected),
}


def check_layer(data: st.DataObject, family: str) -> None:
    strategy, builder = FAMILIES[family]
    op, x = data.draw(strategy)
    for candidate in builder(op):
        check_candidate(candidate, [x])


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    check_layer(data, family)


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=1500, deadline=None)
@given(data=st.data())
def test_many_random_layers(data: st.DataObject, family: str) -> None:
    check_layer(data, family)


@pytest.mark.parametrize("kind", [ops.Add, ops.Sub])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_sums(data: st.DataObject, kind: type[ops.Binary]) -> None:
    op, arrays = data.draw(binary(kind))
    for candidate in elementwise.add_sub(op):
        check_candidate(candidate, arrays)
