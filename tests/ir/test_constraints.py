"""Every operator documents its limits, and every limit is a sentence."""

from __future__ import annotations

import pytest

from codegen.ir import REGISTRY, Operator


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_rules_are_documented(kind: str) -> None:
    operator: type[Operator] = REGISTRY[kind]
    assert operator.__doc__
    assert operator.rules()
    for rule in operator.rules():
        assert rule.__doc__
        assert rule.__doc__.rstrip().endswith(".")
