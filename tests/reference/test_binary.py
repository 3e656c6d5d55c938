"""Element-wise operators of two operands against TFLite's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import (
    ACTIVATIONS,
    Quant,
    arrays,
    broadcast_pairs,
    every_byte,
    float32,
    octaves,
    quants,
    quants_near,
)


def output_quant(name: str, a: Quant, b: Quant) -> st.SearchStrategy[Quant]:
    """Scales that use the output's range: a little, just, too much."""
    base = a.scale * b.scale * 64 if name == "MUL" else max(a.scale, b.scale)
    return quants_near(Quant(float32(base)), -3, 3)


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL"])
@given(data=st.data())
def test_arithmetic(name: str, data: st.DataObject) -> None:
    """Broadcasting in every pattern, ranks up to 5, either operand constant, very different scales."""
    shape_a, shape_b = data.draw(broadcast_pairs(5))
    quant_a = data.draw(quants())
    quant_b = data.draw(quants_near(quant_a, -9, 9))
    model = SingleOperator()
    a, b = data.draw(arrays(shape_a)), data.draw(arrays(shape_b))
    constant = data.draw(st.sampled_from(["neither", "neither", "a", "b"]))
    ia = model.constant(a, quant_a) if constant == "a" else model.input(a, quant_a)
    ib = model.constant(b, quant_b) if constant == "b" else model.input(b, quant_b)
    y = data.draw(output_quant(name, quant_a, quant_b))
    model.check(name, [ia, ib], y, fused_activation_function=data.draw(ACTIVATIONS))


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL"])
@given(data=st.data())
def test_every_pair_of_bytes(name: str, data: st.DataObject) -> None:
    quant_a = data.draw(quants())
    quant_b = data.draw(quants_near(quant_a, -2, 2))
    y = data.draw(output_quant(name, quant_a, quant_b))
    a, b = np.meshgrid(every_byte()[0], every_byte()[0])
    model = SingleOperator()
    model.check(name, [model.input(a, quant_a), model.input(b, quant_b)], y)


TELLING_SCALES = [
    ("ADD", 0.0034965635277330875, 0.0052058519795536995, 0.016106676310300827, (-47, -67, -108)),
    ("ADD", 1.403896689414978, 24.47264862060547, 36.78472137451172, (-24, -1, -70)),
    ("ADD", 0.03269249573349953, 0.017351895570755005, 0.03877459093928337, (23, 82, 92)),
    ("SUB", 0.057851392775774, 0.08478059619665146, 0.07429393380880356, (-126, -49, 2)),
    ("SUB", 0.10708875954151154, 0.20330606400966644, 0.2875019311904907, (-106, -110, 14)),
    ("SUB", 0.03683891519904137, 0.021834535524249077, 0.07638990134000778, (-55, 111, -39)),
    ("MUL", 0.009561924263834953, 0.012542244978249073, 0.028955241665244102, (-84, -78, -121)),
    ("MUL", 0.010178991593420506, 5.7277669839095324e-05, 3.106187068624422e-05, (-68, 125, 65)),
    ("MUL", 0.5465010404586792, 30.98650360107422, 1442.2117919921875, (49, 74, 89)),
]


@pytest.mark.parametrize(("name", "a_scale", "b_scale", "y_scale", "zeros"), TELLING_SCALES)
def test_precision_of_the_factors(
    name: str, a_scale: float, b_scale: float, y_scale: float, zeros: tuple[int, int, int]
) -> None:
    """Factors in float32 or in double differ in one of some million elements; in these (found by search) they do."""
    a, b = np.meshgrid(every_byte()[0], every_byte()[0])
    model = SingleOperator()
    inputs = [model.input(a, Quant(a_scale, zeros[0])), model.input(b, Quant(b_scale, zeros[1]))]
    model.check(name, inputs, Quant(y_scale, zeros[2]))


@pytest.mark.parametrize("name", ["MAXIMUM", "MINIMUM"])
@given(data=st.data())
def test_extrema(name: str, data: st.DataObject) -> None:
    shape_a, shape_b = data.draw(broadcast_pairs())
    quant = data.draw(quants())
    model = SingleOperator()
    a, b = data.draw(arrays(shape_a)), data.draw(arrays(shape_b))
    tensors = [model.input(a, quant), model.input(b, quant) if data.draw(st.booleans()) else model.constant(b, quant)]
    model.check(name, tensors, quant)


@given(octaves(-9, 1), octaves(-9, 1))
def test_one_element_against_many(a_scale: float, b_scale: float) -> None:
    model = SingleOperator()
    one = model.constant(np.array(-7, np.int8), Quant(b_scale, 4))
    model.check("ADD", [model.input(every_byte(), Quant(a_scale, -3)), one], Quant(float32(a_scale * 1.7), 9))
