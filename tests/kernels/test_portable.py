"""Kernels without weights against codegen.reference, called in every way the contract allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import BUILDERS, SPECIAL, Portable
from codegen.ir import REGISTRY
from codegen.ir.ops import Shape
from tests.support.kernel_harness import check_candidate
from tests.support.plain_operators import FAMILIES

CORE = Core("cortex-m0plus")


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_random_operators(data: st.DataObject, family: str) -> None:
    op, arrays = data.draw(FAMILIES[family])
    candidates = Portable().candidates(op, CORE)
    assert candidates
    for candidate in candidates:
        assert candidate.instructions > 0
        check_candidate(candidate, arrays)


def test_every_operator_has_a_builder() -> None:
    ours = {kind for kind in REGISTRY.values() if kind.__module__.startswith("codegen.ir.")}  # back-ends may add some
    assert set(BUILDERS).union(*SPECIAL.values()) == ours - {Shape}
