"""Float32 kernels against codegen.reference, called in every way the contract allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from tests.support.float_operators import FAMILIES
from tests.support.kernel_harness import check_candidate

CORE = Core("cortex-m4", frozenset({"fpu"}))
TOLERANCE = 5e-6


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_random_float_operators(data: st.DataObject, family: str) -> None:
    op, arrays = data.draw(FAMILIES[family])
    assert not op.violations()
    candidates = Portable().candidates(op, CORE)
    assert candidates
    for candidate in candidates:
        assert candidate.instructions > 0
        check_candidate(candidate, arrays, tolerance=TOLERANCE)
