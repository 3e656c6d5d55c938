"""The table of every TFLite operator that gen-c imports."""

from __future__ import annotations

from codegen.frontends.tflite import (
    functions,
    layout,
    matrices,
    norms,
    operators,
    recurrent,
    reductions,
)
from codegen.frontends.tflite.operators import Rule

RULES: dict[str, Rule] = {
    **operators.RULES,
    **functions.RULES,
    **layout.RULES,
    **matrices.RULES,
    **norms.RULES,
    **recurrent.RULES,
    **reductions.RULES,
}
"""Every supported operator."""

SOURCES = {name: rule.kind.kind for name, rule in RULES.items()}
"""IR kind of every supported operator, for `gen-c ops`."""
