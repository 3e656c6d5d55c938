"""Recurrent kernels against codegen.reference, called in every way the contract allows."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.ir import DType
from codegen.reference import evaluate
from tests.support.kernel_harness import check_candidate
from tests.support.recurrent_operators import BORDER, FAMILIES, distances_to_borders

CORE = Core("cortex-m0plus")
TOLERANCE = {DType.FLOAT32: 1e-5, DType.INT8: 0.0, DType.INT16: 0.0}
"""Of the largest value; float sums and functions differ in their last bits."""


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_random_operators(data: st.DataObject, family: str) -> None:
    op, arrays = data.draw(FAMILIES[family])
    values = dict(zip(op.activations, arrays, strict=True))
    with distances_to_borders() as distances:
        evaluate(op, [None if t is None else values.get(t, t.data) for t in op.inputs])
    assume(min(distances, default=1.0) > BORDER)
    candidates = Portable().candidates(op, CORE)
    assert candidates
    for candidate in candidates:
        assert candidate.instructions > 0
        check_candidate(candidate, arrays, tolerance=TOLERANCE[op.x.dtype])
