"""Kernels of the operators that ONNX brings against codegen.reference, called in every way the contract allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.ir import DType, Tensor, ops
from tests.support.kernel_harness import check_candidate, run_candidate
from tests.support.onnx_operators import FAMILIES

CORE = Core("cortex-m0plus")
FLOAT_TOLERANCE = 3e-6


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=25)
@given(data=st.data())
def test_random_operators(data: st.DataObject, family: str) -> None:
    op, arrays = data.draw(FAMILIES[family])
    assert not op.violations()
    (candidate,) = Portable().candidates(op, CORE)
    assert candidate.instructions > 0
    with np.errstate(all="ignore"):
        check_candidate(candidate, arrays, tolerance=FLOAT_TOLERANCE if op.y.dtype is DType.FLOAT32 else 0.0)


def test_softmax_of_a_masked_row() -> None:
    """All of it minus infinity: not a number, as everywhere, which masks of ONNX test for."""
    x = np.array([[0.0, -np.inf], [-np.inf, -np.inf]], np.float32)
    op = ops.Softmax(inputs=[Tensor("x", x.shape, DType.FLOAT32)], outputs=[Tensor("y", x.shape, DType.FLOAT32)])
    (candidate,) = Portable().candidates(op, CORE)
    (y,) = run_candidate(candidate, [x])
    np.testing.assert_allclose(y, np.array([[1, 0], [np.nan, np.nan]]), atol=1e-30)
