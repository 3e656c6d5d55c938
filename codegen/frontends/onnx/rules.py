"""The table of every ONNX operator that gen-c imports."""

from __future__ import annotations

from codegen.frontends.onnx import (
    functions,
    indexing,
    layout,
    normalization,
    recurrent,
    reductions,
)
from codegen.frontends.onnx.site import Rule

RULES: dict[str, Rule] = {
    **functions.RULES,
    **indexing.RULES,
    **layout.RULES,
    **normalization.RULES,
    **recurrent.RULES,
    **reductions.RULES,
}
"""Every supported operator, by its name in the file."""

SOURCES = {name: rule.kind.kind for name, rule in RULES.items()}
"""IR kind of every supported operator, for `gen-c ops`."""
