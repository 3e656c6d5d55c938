"""Changes of representation against TFLite's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import every_byte, quants, quants_near

TYPES = ["int8", "uint8", "int16"]
REQUANTIZATIONS = [(a, b) for a in TYPES for b in TYPES if (a, b) != ("int16", "uint8")]  # litert refuses that one
BITS = {"int8": 8, "uint8": 8, "int16": 16}


@pytest.mark.parametrize(("source", "target"), REQUANTIZATIONS)
@given(data=st.data())
def test_integer_to_integer(source: str, target: str, data: st.DataObject) -> None:
    x = data.draw(quants(-9, 0, source))
    wider = BITS[source] - BITS[target]
    y = data.draw(quants_near(x, wider - 2, wider + 2, target))
    model = SingleOperator()
    model.check("QUANTIZE", [model.input(every_byte(source), x)], y, target)


@pytest.mark.parametrize("target", TYPES)
@given(data=st.data())
def test_float_to_integer(target: str, data: st.DataObject) -> None:
    """Every half step, so that ties are there when the scale is a power of two; random values; the extremes."""
    y = data.draw(quants(-9, 1, target))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    limit = 2.0 ** BITS[target]
    steps = np.linspace(-limit, limit, 1025)
    far = np.array([np.inf, -np.inf, np.nan, 1e9, -1e9, 1e30, -1e30, 2.0**31, -(2.0**31), 2.0**31 - 128, 0.0, -0.0])
    values = np.concatenate([steps * y.scale, far * y.scale, rng.normal(0, limit / 3 * y.scale, 500)])
    model = SingleOperator()
    model.check("QUANTIZE", [model.input(values.astype(np.float32).reshape(1, -1))], y, target)


@pytest.mark.parametrize("source", TYPES)
@given(data=st.data())
def test_integer_to_float(source: str, data: st.DataObject) -> None:
    model = SingleOperator()
    tensors = [model.input(every_byte(source), data.draw(quants(-20, 5, source)))]
    model.check("DEQUANTIZE", tensors, None, "float32")
