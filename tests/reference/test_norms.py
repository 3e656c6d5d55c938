"""Norms in float32 against TFLite's reference kernels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import ACTIVATIONS, PADDINGS, arrays, images, shapes


@pytest.mark.parametrize("name", ["L2_NORMALIZATION", "LOG_SOFTMAX"])
@given(data=st.data())
def test_norms(name: str, data: st.DataObject) -> None:
    model = SingleOperator()
    model.check(name, [model.input(data.draw(arrays(data.draw(shapes()), "float32")))], None, "float32", tolerance=2e-6)


@given(data=st.data())
def test_l2_pool(data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(images()), "float32"))
    height, width = (data.draw(st.integers(1, d)) for d in x.shape[1:3])
    model = SingleOperator()
    model.check(
        "L2_POOL_2D",
        [model.input(x)],
        None,
        "float32",
        tolerance=2e-6,
        filter_height=height,
        filter_width=width,
        stride_h=data.draw(st.integers(1, 3)),
        stride_w=data.draw(st.integers(1, 3)),
        padding=data.draw(PADDINGS),
        fused_activation_function=data.draw(ACTIVATIONS),
    )
