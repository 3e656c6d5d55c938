"""ONNX operators that look elements up by index or write them there."""

from __future__ import annotations

from codegen.frontends.onnx.site import Rule

RULES: dict[str, Rule] = {}
"""By the operator's name in the file."""
