"""The table of every PNNX operator that gen-c imports."""

from __future__ import annotations

from codegen.frontends.onnx.site import Rule
from codegen.frontends.pnnx import expression, functions, layers, recurrent

RULES: dict[str, Rule] = {**expression.RULES, **functions.RULES, **layers.RULES, **recurrent.RULES}
"""Every supported operator."""

SOURCES = {name: rule.kind.kind for name, rule in RULES.items()}
"""IR kind of every supported operator, for `gen-c ops`."""
