"""The table of every NCNN layer that gen-c imports."""

from __future__ import annotations

from codegen.frontends.ncnn import elementwise, linear, normalization, recurrent, shape
from codegen.frontends.onnx.site import Rule

RULES: dict[str, Rule] = {
    **elementwise.RULES,
    **linear.RULES,
    **normalization.RULES,
    **recurrent.RULES,
    **shape.RULES,
}
"""Every supported layer."""

SOURCES = {name: rule.kind.kind for name, rule in RULES.items() if name not in {"Batch", "Unbatch"}}
"""IR kind of every supported layer, for `gen-c ops`."""
