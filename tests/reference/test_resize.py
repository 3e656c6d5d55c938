"""Image resizing against TFLite's reference kernels."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.reference.parameters import RESIZE_FRACTION_BITS
from tests.reference.oracle import SingleOperator
from tests.reference.strategies import arrays, images, pairs, quants

MODES = [{}, {"align_corners": True}, {"half_pixel_centers": True}]


def reads_outside(in_size: int, out_size: int) -> bool:
    """TFLite's rounded step may carry the last output beyond the input: it then reads foreign memory."""
    one = 1 << RESIZE_FRACTION_BITS
    step = (one * in_size + out_size // 2) // out_size
    return (out_size - 1) * step >= one * in_size


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"])
@given(data=st.data())
def test_resize(name: str, mode: dict[str, bool], data: st.DataObject) -> None:
    shape, size, quant = data.draw(images(20, 3)), data.draw(pairs(1, 12) | pairs(1, 64)), data.draw(quants())
    assume(not any(reads_outside(*sizes) for sizes in zip(shape[1:3], size, strict=True)))
    model = SingleOperator()
    model.check(name, [model.input(data.draw(arrays(shape)), quant), model.constant(size)], quant, **mode)
