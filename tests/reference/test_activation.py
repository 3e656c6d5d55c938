"""Functions of one operand against TFLite's reference kernels: every byte through every function."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import Quant, arrays, every_byte, float32, quants, quants_near, shapes


@pytest.mark.parametrize("name", ["RELU", "RELU6", "RELU_N1_TO_1", "HARD_SWISH"])
@given(data=st.data())
def test_every_byte(name: str, data: st.DataObject) -> None:
    x = data.draw(quants())
    model = SingleOperator()
    model.check(name, [model.input(every_byte(), x)], data.draw(quants_near(x, -3, 3)))


@pytest.mark.parametrize(("name", "y"), [("LOGISTIC", Quant(1 / 256, -128)), ("TANH", Quant(1 / 128, 0))])
@given(x=quants(-9, 2))
def test_functions_with_a_fixed_output(name: str, y: Quant, x: Quant) -> None:
    model = SingleOperator()
    model.check(name, [model.input(every_byte(), x)], y)


@given(st.data(), st.floats(-2, 2, width=32) | st.sampled_from([0.0, 1.0, 0.125]))
def test_leaky_relu(data: st.DataObject, alpha: float) -> None:
    x = data.draw(quants())
    model = SingleOperator()
    model.check("LEAKY_RELU", [model.input(every_byte(), x)], data.draw(quants_near(x)), alpha=float32(alpha))


@given(st.data())
def test_prelu(data: st.DataObject) -> None:
    shape = data.draw(shapes(1, 4, 7))
    alpha_shape = [d if data.draw(st.booleans()) else 1 for d in shape][data.draw(st.integers(0, len(shape) - 1)) :]
    x, alpha = data.draw(quants()), data.draw(quants(-9, -3))
    model = SingleOperator()
    tensors = [model.input(data.draw(arrays(shape)), x), model.constant(data.draw(arrays(alpha_shape)), alpha)]
    model.check("PRELU", tensors, data.draw(quants_near(x)))


def test_slopes_are_combined_in_float32() -> None:
    """As TFLite does; double factors, as in TFLM, give other results with these scales (found by search)."""
    x = np.repeat(every_byte().T, 256, axis=1)
    for x_scale, alpha_scale, y_scale, zeros in (
        (0.002904528519138694, 0.012206804007291794, 0.01074561383575201, (71, 108, -93)),
        (0.00593675347045064, 0.011680088937282562, 0.0032441839575767517, (85, -42, -42)),
        (0.1918225884437561, 0.002473927102982998, 0.10767105221748352, (88, -85, -52)),
    ):
        model = SingleOperator()
        alpha = model.constant(every_byte()[0], Quant(alpha_scale, zeros[1]))
        model.check("PRELU", [model.input(x, Quant(x_scale, zeros[0])), alpha], Quant(y_scale, zeros[2]))


@given(st.data())
def test_softmax(data: st.DataObject) -> None:
    """Any rank, rows of 1 to 300, any scale and beta; one row may be all equal or saturated."""
    shape = (*data.draw(shapes(0, 3, 4)), data.draw(st.integers(1, 12) | st.integers(1, 300)))
    x, beta = data.draw(quants(-9, 3)), data.draw(st.floats(0.0625, 8, width=32) | st.just(1.0))
    model = SingleOperator()
    model.check("SOFTMAX", [model.input(data.draw(arrays(shape)), x)], Quant(1 / 256, -128), beta=float32(beta))
