"""The table of every TFLite operator that gen-c imports."""

from __future__ import annotations

from codegen.frontends import (
    tflite_functions,
    tflite_layout,
    tflite_norms,
    tflite_operators,
    tflite_recurrent,
    tflite_reductions,
)
from codegen.frontends.tflite_operators import Rule

RULES: dict[str, Rule] = {
    **tflite_operators.RULES,
    **tflite_functions.RULES,
    **tflite_layout.RULES,
    **tflite_norms.RULES,
    **tflite_recurrent.RULES,
    **tflite_reductions.RULES,
}
"""Every supported operator."""

SOURCES = {name: rule.kind.kind for name, rule in RULES.items()}
"""IR kind of every supported operator, for `gen-c ops`."""
