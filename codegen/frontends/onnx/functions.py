"""Element-wise functions of ONNX, as operators of the IR."""

from __future__ import annotations

from codegen.frontends.onnx.site import Rule

RULES: dict[str, Rule] = {}
"""By the operator's name in the file."""
