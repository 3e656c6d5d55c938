"""Pools and MEAN against TFLite's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import ACTIVATIONS, PADDINGS, Quant, arrays, images, pairs, quants, quants_near, shapes


@pytest.mark.parametrize("name", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@given(data=st.data())
def test_pools(name: str, data: st.DataObject) -> None:
    shape, kernel, stride = data.draw(images()), data.draw(pairs(1, 5)), data.draw(pairs(1, 4))
    padding, quant = data.draw(PADDINGS), data.draw(quants())
    assume(padding == "SAME" or (kernel[0] <= shape[1] and kernel[1] <= shape[2]))
    model = SingleOperator()
    model.check(
        name,
        [model.input(data.draw(arrays(shape)), quant)],
        quant,
        filter_height=kernel[0],
        filter_width=kernel[1],
        stride_h=stride[0],
        stride_w=stride[1],
        padding=padding,
        fused_activation_function=data.draw(ACTIVATIONS),
    )


@given(st.data())
def test_mean(data: st.DataObject) -> None:
    """Any axes, in any order, counted from either end, named twice; with and without requantisation."""
    shape = data.draw(shapes(1, 4, 9))
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=len(shape)))
    x = data.draw(quants())
    model = SingleOperator()
    tensors = [model.input(data.draw(arrays(shape)), x), model.constant(axes)]
    model.check("MEAN", tensors, data.draw(quants_near(x, -3, 2)), keep_dims=data.draw(st.booleans()))


@pytest.mark.parametrize("side", [7, 48, 96, 181])
@pytest.mark.parametrize("zero_point", [-128, 5, 127])
def test_mean_of_many(side: int, zero_point: int) -> None:
    rng = np.random.default_rng(side)
    x = rng.integers(-128, 128, (1, side, side, 16)).astype(np.int8)
    model = SingleOperator()
    tensors = [model.input(x, Quant(0.037, zero_point)), model.constant([1, 2])]
    model.check("MEAN", tensors, Quant(0.0011, -3), keep_dims=True)
